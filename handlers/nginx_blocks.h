// The parts of the nginx configuration that are the same in every installation.
#pragma once

#include <string_view>

namespace gatehouse {

constexpr std::string_view kNginxHttpMaps =
    R"nginx(# What a location asks of a visitor; it says `set $gatehouse_require_permission "a:b:c";`.
# Defaults by map: a `set` in the server would run again in the subrequest of auth_request and wipe
# what the location asks for.
map "" $gatehouse_require_permission { default ""; }
map "" $gatehouse_require_role { default ""; }
map "" $gatehouse_allow_roleless { default ""; }
# Set by nginx/snippets/protect-*.conf; /_gatehouse/verify of server.conf says what for.
map "" $gatehouse_gate { default ""; }
# The tenant of a site: `set` it in a server, or `map $host` to it below this file.
map "" $gatehouse_tenant { default ""; }
# What auth_request_set keeps of a refusal.
map "" $gatehouse_error { default ""; }
map "" $gatehouse_challenge { default ""; }
# A credential that was sent and refused carries error="invalid_token" (RFC 6750).
map $gatehouse_challenge $gatehouse_error_401 {
    default authentication_required;
    "~error=.?invalid_token" invalid_token;
}

# no-store, unless the worker has said otherwise (pictures, JWKS, OpenAPI).
map $upstream_http_cache_control $gatehouse_cache_control {
    "" "no-store";
    default "";
}

# Rate limits per client address; of IPv6 the /64, which is what one client is given.
map $binary_remote_addr $gatehouse_client {
    default $binary_remote_addr;
    "~^(?<gatehouse_network>[\x00-\xff]{8})[\x00-\xff]{8}\z" $gatehouse_network;
}
limit_req_zone $gatehouse_client zone=gatehouse_sign_in:10m rate=5r/s;
limit_req_zone $gatehouse_client zone=gatehouse_session:10m rate=100r/s;
limit_req_zone $gatehouse_client zone=gatehouse_refresh:10m rate=50r/s;
limit_req_zone $gatehouse_client zone=gatehouse_upload:10m rate=30r/m;

# One JSON object a line. Without the query, which may carry the code of an OAuth sign-in. What is
# not ASCII is left out: nginx does not check it, and bytes that are not UTF-8 are not JSON.
map $request_uri $gatehouse_log_path {
    default "";
    "~^(?<gatehouse_path>[\x01-\x3e\x40-\x7f]*)" $gatehouse_path;
}
map $http_user_agent $gatehouse_log_agent {
    default "";
    "~^(?<gatehouse_agent>[\x01-\x7f]*)" $gatehouse_agent;
}
log_format gatehouse escape=json
    '{"ts":"$time_iso8601","level":"info","event":"nginx.request","pid":$pid,'
    '"request_id":"$request_id","ip":"$remote_addr","method":"$request_method",'
    '"path":"$gatehouse_log_path","protocol":"$server_protocol","status":"$status",'
    '"bytes":"$body_bytes_sent","seconds":"$request_time",'
    '"upstream_seconds":"$upstream_response_time","user_agent":"$gatehouse_log_agent"}';
)nginx";

constexpr std::string_view kNginxAllowNotice =
    R"nginx(
# What a path takes, for the refusals that are nginx's own: 404 comes before 405, and 405 before 413.
# Read in their locations only. Files of the site are the default.
)nginx";

constexpr std::string_view kNginxRefusedMap =
    R"nginx(# The same where the method of the request is not among them.
map "$request_method $gatehouse_methods" $gatehouse_other_methods {
    default $gatehouse_methods;
    "~^([A-Z]+) (?:.*, )?\1(?:,|\z)" "";
}
)nginx";

// Of a redirect from http, where nothing of Strict-Transport-Security counts (RFC 6797, 7.2).
constexpr std::string_view kNginxRedirectHeaders =
    R"nginx(    add_header X-Request-Id $request_id always;
    add_header Cache-Control "no-store" always;
)nginx";

constexpr std::string_view kNginxHeaders =
    R"nginx(    add_header Strict-Transport-Security "max-age=31536000" always;
    add_header X-Content-Type-Options "nosniff" always;
    add_header X-Frame-Options "DENY" always;
    add_header Referrer-Policy "no-referrer" always;
    add_header Content-Security-Policy "default-src 'none'; frame-ancestors 'none'" always;
    add_header Cross-Origin-Resource-Policy "same-site" always;
    add_header X-Request-Id $request_id always;
    add_header Cache-Control $gatehouse_cache_control always;
    add_header Vary "Origin" always;
    add_header Access-Control-Allow-Origin $gatehouse_cors_origin always;
    add_header Access-Control-Allow-Credentials $gatehouse_cors_credentials always;
    add_header Access-Control-Expose-Headers $gatehouse_cors_expose always;
)nginx";

// Only what the workers read; whatever else a client sends ends here (DESIGN.md 8).
constexpr std::string_view kNginxIdentityParams =
    R"nginx(    fastcgi_pass_request_headers off;
    fastcgi_param REMOTE_ADDR $remote_addr;
    fastcgi_param SERVER_NAME $server_name;
    fastcgi_param REQUEST_ID $request_id;
    fastcgi_param GATEHOUSE_TENANT $gatehouse_tenant if_not_empty;
    fastcgi_param HTTP_AUTHORIZATION $http_authorization if_not_empty;
    fastcgi_param HTTP_COOKIE $http_cookie if_not_empty;
    fastcgi_param HTTP_USER_AGENT $http_user_agent if_not_empty;
)nginx";

// Of a request that comes straight from a client. Not among them: what only nginx may ask for,
// GATEHOUSE_REQUIRE_PERMISSION and its like.
constexpr std::string_view kNginxDirectParams =
    R"nginx(    fastcgi_param REQUEST_METHOD $request_method;
    fastcgi_param DOCUMENT_URI $document_uri;
    fastcgi_param QUERY_STRING $query_string if_not_empty;
    fastcgi_param CONTENT_TYPE $content_type if_not_empty;
    fastcgi_param CONTENT_LENGTH $content_length if_not_empty;
    fastcgi_param HTTP_ORIGIN $http_origin if_not_empty;
    fastcgi_param HTTP_X_CSRF_TOKEN $http_x_csrf_token if_not_empty;
    fastcgi_param HTTP_IDEMPOTENCY_KEY $http_idempotency_key if_not_empty;
    fastcgi_param HTTP_IF_NONE_MATCH $http_if_none_match if_not_empty;
    fastcgi_param HTTP_ACCEPT_LANGUAGE $http_accept_language if_not_empty;
    fastcgi_param HTTP_SEC_FETCH_SITE $http_sec_fetch_site if_not_empty;
)nginx";

// Fail closed: nginx inherits auth_request, but no `set`.
constexpr std::string_view kNginxGate =
    R"nginx(    # A location inside a protected one inherits auth_request but no `set`, and would let in
    # whoever has a role. So whatever includes no snippet itself is shut: that one, one whose `set`
    # was skipped, and `auth_request /_gatehouse/verify;` alone. To write instead, in each location:
    # `set $gatehouse_require_permission "a:b:c"; include snippets/gatehouse/protect-static.conf;`
    if ($gatehouse_gate = "") { return 403; }
    # A snippet in a server {} runs here again, and would stand for every location.
    if ($gatehouse_gate = /_gatehouse/verify) { return 403; }
)nginx";

constexpr std::string_view kNginxVerifyParams =
    R"nginx(    fastcgi_pass_request_body off;
    fastcgi_param REQUEST_METHOD GET;
    fastcgi_param DOCUMENT_URI /auth/verify;
    fastcgi_param GATEHOUSE_REQUIRE_PERMISSION $gatehouse_require_permission if_not_empty;
    fastcgi_param GATEHOUSE_REQUIRE_ROLE $gatehouse_require_role if_not_empty;
    fastcgi_param GATEHOUSE_ALLOW_ROLELESS $gatehouse_allow_roleless if_not_empty;
    fastcgi_next_upstream error;
    fastcgi_keep_conn off;
)nginx";

// Whatever the site around these locations does, these stay as they are.
constexpr std::string_view kNginxManners =
    R"nginx(    auth_request off;
    fastcgi_intercept_errors off;
    fastcgi_connect_timeout 2s;
    fastcgi_send_timeout 10s;
    fastcgi_buffer_size 16k;
    fastcgi_buffers 16 16k;
    client_body_timeout 15s;
    client_body_buffer_size 64k;
    gzip off;
    limit_req_status 429;
    limit_req_log_level info;
)nginx";

constexpr std::string_view kNginxTls =
    R"nginx(ssl_protocols TLSv1.2 TLSv1.3;
ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;
ssl_prefer_server_ciphers off;
ssl_session_cache shared:gatehouse_tls:5m;
ssl_session_timeout 1d;
ssl_session_tickets off;
server_tokens off;
)nginx";

constexpr std::string_view kNginxCorsMaps =
    R"nginx(map $gatehouse_cors_origin $gatehouse_cors_credentials {
    "" "";
    default "true";
}
map $gatehouse_cors_origin $gatehouse_cors_expose {
    "" "";
    default "ETag, Retry-After, WWW-Authenticate, X-Renewed-Token, X-Request-Id";
}
map $gatehouse_cors_origin $gatehouse_cors_methods {
    "" "";
    default "GET, HEAD, POST, PUT, PATCH, DELETE";
}
map $gatehouse_cors_origin $gatehouse_cors_headers {
    "" "";
    default "Authorization, Content-Type, Idempotency-Key, If-None-Match, X-CSRF-Token";
}
map $gatehouse_cors_origin $gatehouse_cors_max_age {
    "" "";
    default "600";
}
# Two steps, so that only an OPTIONS request pays for the regular expression.
map $request_method $gatehouse_preflight {
    default "";
    OPTIONS $gatehouse_is_preflight;
}
map "$http_origin $http_access_control_request_method" $gatehouse_is_preflight {
    default "";
    "~^[^ ]+ [A-Z]+$" 1;
}

)nginx";

}  // namespace gatehouse
