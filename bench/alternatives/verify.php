<?php
// What one would write in an afternoon: checks a JWT (HS256), asks memcached whether its session
// lives, answers 204 with who it is. Tuned as one would: opcache, a persistent connection to
// memcached over its socket, no framework, no JSON but the claims.

function refuse(): never
{
    http_response_code(401);
    exit;
}

function decode(string $text): string
{
    return base64_decode(strtr($text, '-_', '+/'), true) ?: '';
}

$parts = explode('.', substr($_SERVER['HTTP_AUTHORIZATION'] ?? '', 7));
if (count($parts) !== 3) {
    refuse();
}
$signature = hash_hmac('sha256', "$parts[0].$parts[1]", base64_decode($_SERVER['BENCH_KEY']), true);
if (!hash_equals($signature, decode($parts[2]))) {
    refuse();
}
$header = json_decode(decode($parts[0]), true);
$claims = json_decode(decode($parts[1]), true);
if (($header['alg'] ?? '') !== 'HS256' || ($claims['exp'] ?? 0) <= time()) {
    refuse();
}

$cache = new Memcached('bench');
if ($cache->getServerList() === []) {
    $cache->setOption(Memcached::OPT_BINARY_PROTOCOL, true);
    $cache->addServer($_SERVER['BENCH_MEMCACHED'], 0);
}
$session = $cache->get("session:$claims[sid]");
if ($session === false) {
    refuse();
}
$session = json_decode($session, true);
http_response_code(204);
header("Remote-User: $session[email]");
header("X-Auth-User-Id: $session[user]");
header('X-Auth-Roles: ' . implode(',', $session['roles']));
header("X-Auth-Session-Id: $claims[sid]");
