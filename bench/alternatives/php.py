"""PHP-FPM with verify.php."""

import os

import tools
from alternatives.alternative import (Alternative, Session, absent, descendants, protected, run,
                                      wait_for_socket)

NAME = "PHP-FPM"
FPM = "/usr/sbin/php-fpm8.2"

# As many workers as one would give it beside nginx on two cores; none is ever started anew.
CONF = """
[global]
error_log = {folder}/php-fpm.log
daemonize = no
[verify]
{user}
listen = {folder}/php.sock
listen.backlog = 4096
listen.mode = 0600
pm = static
pm.max_children = 4
clear_env = yes
php_admin_value[opcache.enable] = 1
php_admin_value[opcache.validate_timestamps] = 0
php_admin_value[opcache.jit_buffer_size] = 32M
php_admin_value[opcache.jit] = tracing
"""


def missing():
    if absent([FPM]) or not os.path.exists("/etc/php/8.2/fpm/conf.d/25-memcached.ini"):
        return "apt-get install php8.2-fpm php8.2-memcached"
    return None


def start(bench, scope):
    session = Session(bench, scope)
    conf = bench.folder / "php-fpm.conf"
    user = "" if os.geteuid() else "user = root\ngroup = root"
    conf.write_text(CONF.format(folder=bench.folder, user=user))
    process = run(scope, [FPM, "--nodaemonize", "--fpm-config", str(conf)]
                  + ([] if os.geteuid() else ["--allow-to-run-as-root"]))
    wait_for_socket(bench.folder / "php.sock", process)
    server = protected("php", f"""{tools.IDENTITY_PARAMS}{tools.SUBREQUEST_PARAMS}
      fastcgi_param SCRIPT_FILENAME {tools.HERE}/alternatives/verify.php;
      fastcgi_param BENCH_KEY "{session.key}";
      fastcgi_param BENCH_MEMCACHED {session.socket};
      fastcgi_pass unix:{bench.folder}/php.sock;""")
    return [Alternative("PHP-FPM: hash_hmac, memcached", "php", session.bearer, server,
                        lambda: descendants(process.pid), wanted=2.5)]
