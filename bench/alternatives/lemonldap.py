"""LemonLDAP::NG: its FastCGI server as it is delivered, with its demonstration accounts, and with
sessions in files that each process caches."""

import json
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile
import urllib.parse

from alternatives.alternative import (Alternative, CannotStart, absent, descendants, protected,
                                      run, wait_for_socket)
from support import fastcgi

NAME = "LemonLDAP::NG"
SERVER = "/usr/sbin/llng-fastcgi-server"
DELIVERED = pathlib.Path("/var/lib/lemonldap-ng/conf/lmConf-1.json")
PORTAL = "/usr/share/lemonldap-ng/portal/templates"
USER = "www-data"  # it does not run as root
PROCESSES = 4
HOST = "test1.example.com"  # of the delivered configuration

INI = """
[all]
logLevel = error
[configuration]
type = File
dirName = {folder}
localStorage = Cache::FileCache
localStorageOptions = {{ 'namespace' => 'lemonldap-ng-config', 'cache_root' => '{folder}/cache' }}
[portal]
staticPrefix = /static
templateDir = {templates}
languages = en
[handler]
status = 0
useRedirectOnError = 0
"""


def missing():
    if absent([SERVER]) or not DELIVERED.exists():
        return ("apt-get install --no-install-recommends lemonldap-ng-fastcgi-server"
                " liblemonldap-ng-portal-perl libgd-securityimage-perl"
                " libimage-magick-perl libmime-tools-perl libemail-sender-perl"
                " libstring-random-perl")
    return None


def configure(folder):
    configuration = json.loads(DELIVERED.read_text())
    # The form's token is for browsers; what is measured comes after it.
    configuration["requireToken"] = 0
    text = json.dumps(configuration).replace("/var/lib/lemonldap-ng", str(folder))
    for name in ("cache", "sessions/lock", "psessions/lock", "notifications"):
        (folder / name).mkdir(parents=True)
    (folder / "lmConf-1.json").write_text(text)
    (folder / "lemonldap-ng.ini").write_text(INI.format(folder=folder, templates=PORTAL))
    subprocess.run(["chown", "-R", USER, str(folder)], check=True)


def sign_in(path):
    """At its portal, as "dwho" of Debian's demonstration; the session's cookie."""
    body = urllib.parse.urlencode({"user": "dwho", "password": "dwho"}).encode()
    answer = fastcgi.ask(str(path), {
        "LLTYPE": "portal", "REQUEST_METHOD": "POST", "REQUEST_URI": "/", "PATH_INFO": "/",
        "SCRIPT_NAME": "", "QUERY_STRING": "", "HTTP_HOST": "auth.example.com",
        "SERVER_NAME": "auth.example.com", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1", "HTTP_ACCEPT": "application/json",
        "CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": str(len(body)),
    }, body)
    cookies = [value.partition(";")[0] for value in answer.all("Set-Cookie")]
    cookie = next((one for one in cookies if one.startswith("lemonldap=")), "lemonldap=0")
    if cookie == "lemonldap=0":
        raise CannotStart(f"It signed nobody in: {answer.status} {answer.body}")
    return cookie


def start(_, scope):
    if os.geteuid() != 0:
        raise CannotStart(f"It wants to be started by root, to become {USER}.")
    # Where another user may go.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="gatehouse-bench"))
    scope.callback(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)
    configure(folder)
    path = folder / "llng.sock"
    process = run(scope, [SERVER, "--foreground", "--user", USER, "--socket", str(path), "--pid",
                          str(folder / "llng.pid"), "--proc", str(PROCESSES)],
                  env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LLNG_DEFAULTCONFFILE":
                       str(folder / "lemonldap-ng.ini"), "LLNG_DEFAULTLOGGER":
                       "Lemonldap::NG::Common::Logger::Std"},
                  group=pwd.getpwnam(USER).pw_gid, stdout=subprocess.DEVNULL,
                  stderr=subprocess.DEVNULL)
    wait_for_socket(path, process)
    server = protected("lemonldap", f"""
      include /etc/nginx/fastcgi_params;
      fastcgi_pass_request_body off;
      fastcgi_param CONTENT_LENGTH "";
      fastcgi_param HTTP_HOST {HOST};
      fastcgi_param X_ORIGINAL_URI $request_uri;
      fastcgi_pass unix:{path};""")
    return [Alternative(NAME, "lemonldap", f"Cookie: {sign_in(path)}", server,
                        lambda: descendants(process.pid), wanted=7)]
