// What one would write in an afternoon, in Node: fastify, jsonwebtoken, and a look into memcached
// whether the session lives. With KEY_OBJECT=1 the key is made once, as Node's documentation
// advises; without, it is handed over as text for every token, as most examples do.
'use strict';
const {createSecretKey} = require('node:crypto');
const net = require('node:net');
const fastify = require('fastify');
const jwt = require('jsonwebtoken');

const secret = Buffer.from(process.env.BENCH_KEY, 'base64');
const key = process.env.KEY_OBJECT === '1' ? createSecretKey(secret) : secret;

// One connection with the questions in order: memcached answers in that order. A client library
// does the same with more around it.
class Cache {
  constructor(path) {
    this.waiting = [];
    this.rest = '';
    this.socket = net.connect(path);
    this.socket.setEncoding('utf8');
    this.socket.on('data', (chunk) => this.read(chunk));
    this.socket.on('error', () => process.exit(1));
  }

  get(name) {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.socket.write(`get ${name}\r\n`);
    });
  }

  read(chunk) {
    this.rest += chunk;
    for (let end; (end = this.rest.indexOf('END\r\n')) >= 0;) {
      const lines = this.rest.slice(0, end).split('\r\n');
      this.rest = this.rest.slice(end + 5);
      this.waiting.shift()(lines.length > 1 ? JSON.parse(lines[1]) : null);
    }
  }
}

const cache = new Cache(process.env.BENCH_MEMCACHED);
const app = fastify();

app.get('/verify', async (request, reply) => {
  let claims;
  try {
    const token = (request.headers.authorization || '').slice(7);
    claims = jwt.verify(token, key, {algorithms: ['HS256']});
  } catch (error) {
    return reply.code(401).send();
  }
  const session = await cache.get(`session:${claims.sid}`);
  if (session === null) return reply.code(401).send();
  return reply.code(204).headers({
    'Remote-User': session.email,
    'X-Auth-User-Id': session.user,
    'X-Auth-Roles': session.roles.join(','),
    'X-Auth-Session-Id': claims.sid,
  }).send();
});

app.listen({path: process.argv[2]});
