# The parts of a stack, one function each; sourced by scripts/up. Each does nothing where its part
# is alive.
# shellcheck shell=bash disable=SC2154

gatehouse() { "$programs/gatehouse" --config "$dir/gatehouse.toml" "$@" 9>&-; }

sql() {
  mariadb --no-defaults --socket "$dir/run/mariadb.sock" --user "$(id -un)" --batch \
    --skip-column-names "$@"
}

# ready NAME SECONDS COMMAND...: until the command succeeds; gives up early where the service ends.
ready() {
  local name=$1 begin=$SECONDS end=$((SECONDS + $2))
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS >= end)) || { ((SECONDS > begin + 1)) && ! alive "$name"; }; then
      tail -n 20 "$dir/log/$name.err" >&2
      die "$name did not start; see $dir/log"
    fi
    sleep 0.05
  done
}

make_secrets() {
  local name
  for name in gatehouse_owner gatehouse_app gatehouse_read admin; do
    [[ -s $dir/secrets/$name ]] || random_secret >"$dir/secrets/$name"
  done
}

# A certificate authority of this stack's own and a certificate for this machine's names.
make_certificate() {
  local tls=$dir/tls
  if openssl x509 -checkend 604800 -noout -in "$tls/server.crt" >/dev/null 2>&1; then return; fi
  {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 825 \
      -subj "/CN=Gatehouse local stack" -addext basicConstraints=critical,CA:TRUE \
      -addext keyUsage=critical,keyCertSign,cRLSign -keyout "$tls/ca.key" -out "$tls/ca.crt" &&
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj "/CN=localhost" \
      -addext "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1" \
      -addext basicConstraints=critical,CA:FALSE -addext extendedKeyUsage=serverAuth \
      -keyout "$tls/server.key" -out "$tls/server.csr" &&
    openssl x509 -req -in "$tls/server.csr" -CA "$tls/ca.crt" -CAkey "$tls/ca.key" -CAcreateserial \
      -days 825 -copy_extensions copy -out "$tls/server.crt"
  } >"$dir/log/openssl.err" 2>&1 || die "no certificate; see $dir/log/openssl.err"
}

up_mariadb() {
  if alive mariadb; then return; fi
  if [[ ! -d $dir/mariadb ]]; then
    rm -rf "$dir/mariadb.new"
    mariadb-install-db --no-defaults --tmpdir="$dir/run/tmp" --user="$(id -un)" --datadir="$dir/mariadb.new" \
      --auth-root-authentication-method=socket --auth-root-socket-user="$(id -un)" \
      --skip-test-db >"$dir/log/mariadb-install.err" 2>&1 ||
      die "mariadb-install-db failed; see $dir/log/mariadb-install.err"
    mv "$dir/mariadb.new" "$dir/mariadb"
  fi
  put "$dir/run/mariadb.cnf" <<CNF || true
[mariadbd]
user = $(id -un)
datadir = $dir/mariadb
tmpdir = $dir/run/tmp
socket = $dir/run/mariadb.sock
pid-file = $dir/run/mariadbd.pid
skip-networking
skip-name-resolve
skip-log-bin
innodb_flush_log_at_trx_commit = 1
innodb_lock_wait_timeout = 3
innodb_buffer_pool_size = 256M
local_infile = 0
sql_mode = STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ZERO_DATE,NO_ZERO_IN_DATE,NO_ENGINE_SUBSTITUTION
character_set_server = utf8mb4
collation_server = utf8mb4_bin
default_time_zone = +00:00
max_connections = 200
CNF
  start mariadb /usr/sbin/mariadbd --defaults-file="$dir/run/mariadb.cnf"
  ready mariadb 60 sql --execute "SELECT 1"
}

up_memcached() {
  if alive memcached; then return; fi
  local as=()
  ((EUID)) || as=(-u root)
  start memcached /usr/bin/memcached -s "$dir/run/memcached.sock" -a 0600 -m 64 -U 0 "${as[@]}"
  ready memcached 10 test -S "$dir/run/memcached.sock"
}

up_smtp() {
  if alive smtp; then return; fi
  start smtp /usr/bin/python3 -I "$root/scripts/smtp-sink" "$smtp_port" "$dir/mail"
  ready smtp 15 bash -c "exec 3<>/dev/tcp/127.0.0.1/$smtp_port"
}

# Accounts, keys, schema, the tenant and its administrator: what is missing of them.
provision() {
  if [[ ! -e $dir/mariadb/.accounts ]]; then
    # By standard input: an argument could be read by others while it runs.
    sql <<SQL
CREATE DATABASE IF NOT EXISTS gatehouse CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE OR REPLACE USER gatehouse_owner@localhost IDENTIFIED BY '$(<"$dir/secrets/gatehouse_owner")';
CREATE OR REPLACE USER gatehouse_app@localhost IDENTIFIED BY '$(<"$dir/secrets/gatehouse_app")';
CREATE OR REPLACE USER gatehouse_read@localhost IDENTIFIED BY '$(<"$dir/secrets/gatehouse_read")';
GRANT ALL PRIVILEGES ON gatehouse.* TO gatehouse_owner@localhost WITH GRANT OPTION;
GRANT SELECT, PROCESS, SHOW VIEW ON *.* TO gatehouse_read@localhost;
SQL
    touch "$dir/mariadb/.accounts"
  fi
  [[ -e $dir/secrets/keys.toml ]] || gatehouse key init >>"$dir/log/provision.err"
  gatehouse migrate >>"$dir/log/provision.err"
  if [[ -z $(sql gatehouse --execute "SELECT 1 FROM tenants WHERE slug = 'demo'") ]]; then
    gatehouse tenant create demo --name Demo >>"$dir/log/provision.err"
  fi
  if [[ -z $(sql gatehouse --execute "SELECT 1 FROM users WHERE email = 'admin@demo.test'") ]]; then
    gatehouse user create --tenant demo --email admin@demo.test --password-stdin \
      --platform-admin --tenant-admin <"$dir/secrets/admin" >>"$dir/log/provision.err"
  fi
}

# up_pool NAME WORKERS: multiwatch starts again what dies, however often that happens.
up_pool() {
  if alive "$1"; then return; fi
  stop "$1"
  rm -f "$dir/run/$1.sock"
  start "$1" spawn-fcgi -n -s "$dir/run/$1.sock" -M 0600 -b 1024 -- \
    /usr/bin/multiwatch -r 1000000 -t 500 -f "$2" -s TERM -- \
    "$programs/gatehouse-worker" --config "$dir/gatehouse.toml" --pool "$1"
  ready "$1" 10 test -S "$dir/run/$1.sock"
}

up_mailer() {
  if alive mailer; then return; fi
  start mailer "$programs/gatehouse-mailer" --config "$dir/gatehouse.toml"
}

# Early, so that nothing is started in vain.
check_ports() {
  if alive nginx; then return; fi
  stop nginx  # its workers may live on and hold the ports
  local wanted
  for wanted in "$port" "$http_port"; do
    [[ $(free_port "$wanted") == "$wanted" ]] ||
      die "port $wanted is taken by something else; say --port N"
  done
}

write_nginx_config() {
  local before after user=''
  before=$(cat "$dir"/nginx/*.conf 2>/dev/null | cksum)
  ((EUID)) || user='user root;'
  gatehouse nginx-config --out "$dir/nginx" >/dev/null
  sed -e "s|@DIR@|$dir|g" -e "s|@USER@|$user|" "$root/nginx/stack.conf.in" >"$dir/nginx/nginx.conf"
  ln -sfn "$root/nginx/snippets" "$dir/nginx/snippets"
  after=$(cat "$dir"/nginx/*.conf | cksum)
  [[ $before != "$after" ]]
}

up_nginx() {
  local changed=0
  if write_nginx_config; then changed=1; fi
  local command=(/usr/sbin/nginx -p "$root/nginx/" -c "$dir/nginx/nginx.conf" -e "$dir/log/nginx.err")
  if alive nginx; then
    if ((changed)); then kill -HUP "$(recorded_pid nginx)"; fi
    return
  fi
  stop nginx
  "${command[@]}" -t -q 9>&- || die "nginx does not accept its configuration"
  start nginx "${command[@]}"
}

answers_ready() {
  curl --silent --fail --output /dev/null --max-time 5 --cacert "$dir/tls/ca.crt" \
    "https://localhost:$port/auth/ready"
}

pools_are_full() {
  (($(children_of "$(recorded_pid verify)" | wc -l) >= 2)) &&
    (($(children_of "$(recorded_pid account)" | wc -l) >= 4))
}

wait_until_ready() {
  if ! wait_for 60 "https://localhost:$port/auth/ready" answers_ready ||
    ! wait_for 20 "the workers" pools_are_full; then
    tail -n 5 "$dir"/log/{verify.err,account.err,nginx.err,gatehouse.log} >&2 2>/dev/null || true
    die "not ready; see $dir/log"
  fi
}

write_stack_json() {
  local name pids=()
  for name in verify account mailer nginx mariadb memcached smtp; do
    pids+=("$name=$(recorded_pid "$name")")
  done
  for name in verify account; do
    pids+=("$name-workers=$(children_of "$(recorded_pid "$name")" | xargs)")
  done
  /usr/bin/python3 -I "$root/scripts/lib/stack_json.py" "$dir" "$programs/gatehouse" "$port" \
    "$http_port" "${pids[@]}"
}
