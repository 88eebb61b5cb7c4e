// An OpenID Connect provider that others wrote (npm's oidc-provider, certified), on loopback:
//   node server.mjs PORT CLIENT_ID CLIENT_SECRET REDIRECT_URI ALGORITHM
// Whoever signs in as NAME is NAME@example.test there, verified.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import Provider from 'oidc-provider';

const [port, clientId, clientSecret, redirectUri, algorithm] = process.argv.slice(2);
const kinds = {
  RS256: ['rsa', { modulusLength: 2048 }],
  ES256: ['ec', { namedCurve: 'P-256' }],
  EdDSA: ['ed25519', {}],
};
const { privateKey } = generateKeyPairSync(...kinds[algorithm]);

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: clientId,
    client_secret: clientSecret,
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    id_token_signed_response_alg: algorithm,
  }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'],
            profile: ['given_name', 'family_name'] },
  cookies: { keys: [randomBytes(32).toString('hex')] },
  enabledJWA: { idTokenSigningAlgValues: [algorithm] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@example.test`, email_verified: true,
                     given_name: 'Ada', family_name: 'Byron' }),
  }),
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: algorithm,
                   kid: randomBytes(8).toString('hex') }] },
  pkce: { methods: ['S256'], required: () => true },
});
provider.listen(Number(port), '127.0.0.1', () => console.log('listening'));
