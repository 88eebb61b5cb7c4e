# What a stack remembers, and the configuration made from it; sourced by scripts/up.
# shellcheck shell=bash disable=SC2154,SC2034

# Sets port, http_port, smtp_port and programs; merges what was said before with what is said now.
load_settings() {
  declare -gA settings=()
  local key value
  if [[ -e $dir/settings ]]; then
    while IFS='=' read -r key value; do settings[$key]=$value; done <"$dir/settings"
  fi
  for key in "${!given[@]}"; do settings[$key]=${given[$key]}; done
  for key in "${!sets[@]}"; do settings[set.$key]=${sets[$key]}; done

  if [[ ${given[port]-} && ! ${settings[port]} =~ ^[1-9][0-9]{0,4}$ ]]; then die "no port: ${given[port]}"; fi
  port=${settings[port]:-8443}
  # The companion of 8443 is 8080, and so for others: neighbouring stacks do not meet.
  [[ ${settings[http_for]-} == "$port" ]] || unset 'settings[http_port]'
  http_port=${settings[http_port]:-$(free_port $((port > 1386 ? port - 363 : port + 1)))}
  smtp_port=${settings[smtp_port]:-$(free_port $((10000 + (port + 5000) % 10000)))}
  programs=${settings[build]-}
  settings[port]=$port settings[http_port]=$http_port settings[http_for]=$port
  settings[smtp_port]=$smtp_port
}

save_settings() {
  local key
  for key in "${!settings[@]}"; do printf '%s=%s\n' "$key" "${settings[$key]}"; done |
    sort >"$dir/settings.new"
  mv "$dir/settings.new" "$dir/settings"
}

# put FILE: standard input becomes the file; true where that changed it.
put() {
  cat >"$1.new"
  if cmp -s "$1.new" "$1"; then
    rm "$1.new"
    return 1
  fi
  mv "$1.new" "$1"
}

# Values are TOML already (a list, a number, a quoted string), or a bare string.
toml_value() {
  if [[ $1 =~ ^(\[.*\]|\".*\"|-?[0-9]+|true|false)$ ]]; then
    printf '%s' "$1"
  else
    printf '"%s"' "$1"
  fi
}

listen_addresses() {
  # 00000000000000000000000000000001 is ::1.
  if grep -q '^0\{31\}1 ' /proc/net/if_inet6 2>/dev/null; then
    printf '["127.0.0.1", "::1"]'
  else
    printf '["127.0.0.1"]'
  fi
}

# The members of a list of origins in which no "*" stands for others.
exact_origins() {
  printf '[%s]' "$(grep -oE '"https?://[^"*]+"' <<<"$1" | paste -sd,)"
}

# Writes gatehouse.toml; true where that changed an existing one.
write_config() {
  declare -A config=(
    [server.base_url]=https://localhost:$port
    [server.default_tenant]=demo
    [server.cors_origins]='["https://app.example.test", "https://*.apps.example.test"]'
    [server.key_file]=$dir/secrets/keys.toml
    [server.run_dir]=$dir/run
    [server.verify_socket]=$dir/run/verify.sock
    [server.account_socket]=$dir/run/account.sock
    [server.log_file]=$dir/log/gatehouse.log
    [mariadb.socket]=$dir/run/mariadb.sock
    [mariadb.database]=gatehouse
    [mariadb.user]=gatehouse_app
    [mariadb.password_file]=$dir/secrets/gatehouse_app
    [mariadb.migrate_user]=gatehouse_owner
    [mariadb.migrate_password_file]=$dir/secrets/gatehouse_owner
    [memcached.servers]="[\"$dir/run/memcached.sock\"]"
    [mail.smtp_url]=smtp://127.0.0.1:$smtp_port
    [mail.from]=no-reply@demo.test
    [mail.templates]=$root/nginx/mail
    [oauth.loopback]=allow
    [nginx.https_port]=$port
    [nginx.http_port]=$http_port
    [nginx.listen]=$(listen_addresses)
    [nginx.tls_certificate]=$dir/tls/server.crt
    [nginx.tls_key]=$dir/tls/server.key
  )
  local key table='' existed=0
  [[ -e $dir/gatehouse.toml ]] && existed=1
  for key in "${!settings[@]}"; do
    if [[ $key == set.* ]]; then config[${key#set.}]=${settings[$key]}; fi
  done
  # Pages that may call us by CORS are where people sign in from: OAuth leads back to them.
  : "${config[oauth.return_origins]=$(exact_origins "${config[server.cors_origins]}")}"
  {
    echo "# Written by scripts/up; say --set to change a key."
    while read -r key; do
      if [[ ${key%%.*} != "$table" ]]; then
        table=${key%%.*}
        printf '\n[%s]\n' "$table"
      fi
      printf '%s = %s\n' "${key#*.}" "$(toml_value "${config[$key]}")"
    done < <(printf '%s\n' "${!config[@]}" | sort)
  } | put "$dir/gatehouse.toml" && ((existed))
}
