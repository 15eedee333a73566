"""Programs whose command line carries a secret: which flag, which place, and which part of the word.

The same table serves an argument list and a line of text: a log, a trace of a shell, a list that Python printed.
"""

from __future__ import annotations

from . import redact_names as names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from re import Pattern
    from typing import Callable, Iterator, Tuple

    Span = Tuple[int, int, str]  # start, end, kind
    Word = Tuple[int, int]  # start and end in the text
    Found = Tuple[int, int, int, str]  # index of the word, start and end in it, kind
    Rule = Tuple[Tuple[str, ...], str]  # the words of the subcommand, the part of the word

# The rules of a tool, parted by blanks; `[login]` or `[alias,set]` begins those of a subcommand, `[]` ends them.
#
#     -p  password   the next word, or what follows `=`     -p+            the same, or glued to it: `-pS`
#     -p*            glued only                             --pass=  /p:   what follows, in the same word
#     @2             the second word after the subcommand that is no flag; `@*` each of them
#     @2?            that word if those before it name a secret
#     @b             the last word, if a flag holds a `b`   @unc           the word after `\\\\host\\share`
#     -h.            the next word belongs to the flag, and is no secret
#
# After a rule, which part of the word: `~u` what follows `user:`, `~%` what follows `user%`, `~,` what follows `user,`,
# `~/` between `user/` and `@host`, `~=` what follows `name=`, `~n` the same if the name is one of a secret, in a list
# of commas, `~h` the value of a header, `~p` what follows `pass:`, `~k` what follows `word:`, `~j` the values of secret
# names in a query, `~c` a cookie's value, `~g` a header in a setting of git, `~a` as `~n`, or else the whole.
_TABLE = """
7z -p*
7za -p*
7zr -p*
7zz -p*
ab -A~u -P~u -H~h -C~c
acli -p --password --token
act -s+~= --secret~= --var.
act_runner --token
actions-runner --token
activemq --password
adduser --password
airflow -p+ --password
akeyless --access-key -t --token
aliyun --access-key-secret --access-key-id
altool -p+ --password
amqp-publish --password
anaconda -t --token -p --password
ansible -e~n --extra-vars~n --vault-pass --vault-password --become-password
ansible-playbook -e~n --extra-vars~n --vault-pass --vault-password --become-password
ansible-vault [encrypt_string] @1
ant -D*~n
apksigner --ks-pass~p --key-pass~p
appcenter --token
apptainer --docker-password -p
appveyor --api-token
arangosh --server.password
argocd --password --auth-token --new-password --current-password --account-password --github-app-private-key
aria2c --http-passwd --ftp-passwd --rpc-secret --header~h
aws [configure,set] @2? [] --secret-string --master-user-password --master-password --auth-token --password --secret-access-key --secret-value --token-code
az [login] -p --password --client-secret --federated-token [] --password --admin-password --account-key --sas-token --connection-string --client-secret --secret --value -p [storage] --account-key --sas-token --connection-string
az.cmd -p --password
bamboo --token
bao [login] @1~a [write] @*~= [kv,put] @*~= [] -token
bcp -P+
bitcoin-cli -rpcpassword -stdinwalletpassphrase. [walletpassphrase] @1
bitcoind -rpcpassword
bitwarden --session
bore --secret -s
boundary -token -password
bsqldb -P+
bteq .logon~,
buildah --creds~u [login] -p+ --password [bud] --build-arg~n [build] --build-arg~n
buildkite-agent --token
bundle [config] @*?
bw [login] @2 [unlock] @1 [] --session --code --password
cargo [login] @1 [] --token
cast --private-key --password --mnemonic
cbq -p+ --password
cc-test-reporter -r
celery -b~u --broker~u --flower-basic-auth~u --basic_auth~u --basic-auth~u
chamber [write] @3
check_http -a~u
check_mysql -p+
check_snmp -C+ -A -X
choco --api-key --key [push] -k [apikey] -k
circleci --token [setup] --token
clickhouse --password
clickhouse-client --password
cloudflared --token [service,install] @1
cmdkey /pass:
cockroach --password
code --token
codeclimate-test-reporter -r
codecov -t+ --token
codecovcli -t+ --token
composer [config] @2? @3?
concourse -p
conda [token] @3
config.sh --token
consul -token -http-token -encrypt -recursor.
cosign --registry-password --registry-token
couchbase-cli -p+ --password --cluster-password
coveralls -t --repo_token
cqlsh -p --password
crackmapexec -p
crane [auth,login] -p+ --password
curl -u+~u --user~u -U+~u --proxy-user~u --oauth2-bearer --pass --proxy-pass --tlspassword --proxy-tlspassword -b+~c --cookie~c -H+~h --header~h -d~j --data~j --data-raw~j --data-urlencode~j --data-binary~j --json~j -F~j --form~j -E~u --cert~u -x. --proxy. --aws-sigv4. -o. -X. -A. -e.
curlftpfs -o~n
cypher-shell -p+ --password
datadog-ci --api-key --apiKey --app-key
db2 [connect] using
dgraph --password
docker [login] -p+ --password [run] -e+~n --env~n --env= [exec] -e+~n --env~n [create] -e+~n --env~n [build] --build-arg~n [buildx,build] --build-arg~n [compose] -e+~n [service,create] -e~n --env~n [service,update] --env-add~n [swarm,join] --token
docker-compose -e+~n --build-arg~n
doctl -t --access-token --token
dog --api-key --application-key
dogshell --api-key --application-key
doppler -t --token [secrets,set] @*~= [configure,set,token] @1
dotnet [nuget,push] -k --api-key [nuget,add,source] -p --password [nuget,update,source] -p --password [user-secrets,set] @2
drone -t --token
drupal --account-pass
drush --account-pass --db-su-pw --db-url~u --password
dsquery -p
dvc [remote,modify] @3?
eas --password
elasticdump --input. --headers~j
elasticsearch-reset-password -p
elasticsearch-users -p+ --password
evil-winrm -p
exo --api-secret
expdp @1~/ userid=~/
expo --password -p
fastlane --password
filebeat -E~n
firebase --token [functions:config:set] @*~n
fisql -P+
flower --basic_auth~u --basic-auth~u
fluent-bit -p~n
flux --password --token --secret-key
fly -t. --access-token --password -p [secrets,set] @*~= [deploy] --build-arg~n -e~n --env~n
fly-cli -p
flyctl -t --access-token [secrets,set] @*~= [secrets,import] @*~= [deploy] --build-arg~n -e~n --env~n
flyway -password
forge --private-key --etherscan-api-key --mnemonic
frpc -t --token
ftp -u~u
gallery-dl -p+ --password
gcloud --key --access-token --password --client-secret --token
gem --key~k --otp --api-key
gh [auth,login] --with-token [secret,set] -b+ --body [] --token
git -c~g --config~g
gitea --password --access-token --secret
gitlab-runner -r --registration-token -t --token
glab [auth,login] -t --token [variable,set] -v --value @2 [] --token
gpg --passphrase
gpg2 --passphrase
gradle -P*~n -D*~n
gradlew -P*~n -D*~n
grafana [cli,admin,reset-admin-password] @1
grafana-cli [admin,reset-admin-password] @1
groupadd -p
grpcurl -H~h -rpc-header~h
grype --registry-password
gunicorn -e~n --env~n
hatch -a --auth
hcloud --token
headscale --apikey -k
heartbeat -E~n
helm --set~n --set-string~n --password --kube-token [registry,login] -p+ [repo,add] --password [push] -p+
helmfile --set~n
heroku [config:set] @*~= [config:add] @*~=
hey -a~u -H~h
hf --token
hg --config~n
htpasswd @b
http -a~u --auth~u -A.
httpie -a~u --auth~u
https -a~u --auth~u -A.
huggingface-cli --token
hydra -p
ibmcloud --apikey -p --password
impdp @1~/ userid=~/
infisical --token --client-secret [secrets,set] @*~=
influx -password --password -t --token -p
ipa --password
ipmitool -P+ -K -Y
irssi -w --password
isql -P+ @3
iwctl --passphrase
jarsigner -storepass -keypass
java -D*~n
java-jenkins -auth~u
jenkins-cli -auth~u
jenkins-cli.jar -auth~u
jf --password --access-token --apikey --api-key
jfrog --password --access-token --apikey --api-key
jira -p --password --token
jupyter --NotebookApp.token --ServerApp.token --NotebookApp.password --ServerApp.password --IdentityProvider.token
jupyter-lab --NotebookApp.token --ServerApp.token --IdentityProvider.token
jupyter-notebook --NotebookApp.token --ServerApp.token
k6 -e~n --env~n
kadmin -w -pw
kadmin.local -pw
kafkacat -X~n
kcat -X~n
keytool -storepass -keypass -srcstorepass -deststorepass -new -destkeypass -srckeypass -storepasswd
kitty -pw
knife -P --ssh-password --winrm-password
kubectl --token --password --docker-password [create,secret,generic] --from-literal~= [create,secret] --from-literal~= [config,set-credentials] --token --password --auth-provider-arg~n --exec-env~n [set,env] @*~n
ldapadd -w+
ldapcompare -w+
ldapdelete -w+
ldapmodify -w+
ldapmodrdn -w+
ldappasswd -w+ -s+ -a+
ldapsearch -w+ -y.
ldapwhoami -w+
lftp -u~, --user~, --password
linode-cli --token --root_pass
liquibase --password
llm [keys,set] --value
lxc --password
magento --admin-password --db-password
mariadb -p* --password=
mariadb-admin -p* --password=
mariadb-dump -p* --password=
mattermost --password
mc [alias,set] @4 [config,host,add] @4 [admin,user,add] @3
mcli [alias,set] @4 [admin,user,add] @3
medusa -p
metricbeat -E~n
modal --token-secret --token-id
monero-wallet-cli --password --rpc-login~u
mongo -p+ --password
mongodump -p+ --password
mongoexport -p+ --password
mongoimport -p+ --password
mongorestore -p+ --password
mongosh -p+ --password
mosquitto_passwd @3
mosquitto_pub -P+ --pw --psk
mosquitto_rr -P+ --pw
mosquitto_sub -P+ --pw --psk
mount -o~n
mount.cifs -o~n
mqtt -pw --password
msoffcrypto-tool -p
mvn -D*~n -Dpassword=
mvnw -D*~n
mycli -p+ --pass --password
mydumper -p+ --password
mysql -p* --password= -P. -h. -u.
mysqladmin -p* --password=
mysqlcheck -p* --password=
mysqldump -p* --password=
mysqlimport -p* --password=
mysqlsh -p* --password=
mysqlshow -p* --password=
nats --password --token --creds. -s.
ncftp -p
ncftpget -p
ncftpput -p
ncrack --pass
neo4j-admin [set-initial-password] @1
nerdctl [login] -p+ --password [run] -e+~n --env~n [build] --build-arg~n
net [use] @unc [user] @2 [rpc] -U~% [ads] -U~%
net.exe [use] @unc [user] @2
netbird -k --setup-key
netexec -p
netlify --auth -a [env:set] @2
newman --env-var~n --global-var~n
newrelic --apiKey --licenseKey
ngrok [config,add-authtoken] @1 [authtoken] @1 [config,add-api-key] @1 [] --authtoken --basic-auth~u -authtoken
nmap --script-args~n
nmcli password wifi-sec.psk 802-11-wireless-security.psk vpn.secrets~= wifi.psk 802-1x.password
nodetool -pw --password
nomad -token -encrypt
notarytool --password
now -t --token
npm [config,set] @2? [set] @2? [] --_auth --token --otp
ntfy -u~u --user~u -k
nuget [push] -ApiKey -apikey -k [setapikey] @1 [setApiKey] @1 [sources] -Password -password [] -ApiKey -Password
nxc -p
nzsql -pw -W
oc [login] -p --password --token [create,secret] --from-literal~= [set,env] @*~n [] --token
occ --password
octo --apiKey --password
octopus --apiKey --password
op [item,create] @*~n [item,edit] @*~n [signin] @3 [] --session
openai -k --api-key
openssl -passin~p -passout~p -pass~p -k -K -passcerts~p -password~p -hmac -macopt~k
openstack --os-password --os-token --password
oras -p+ --password --identity-token --registry-token --from-password --to-password
osql -P+
osslsigncode -pass
p4 -P+
packer -var~n
packetbeat -E~n
paket --token
pdfinfo -upw -opw
pdftk owner_pw user_pw input_pw
pdftoppm -upw -opw
pdftotext -upw -opw
pdm [publish] -P --password [config] @2?
pip --proxy~u
plink -pw
pnpm [config,set] @2? [set] @2? [] --otp
podman --creds~u [login] -p+ --password [run] -e+~n --env~n [exec] -e+~n --env~n [create] -e+~n --env~n [build] --build-arg~n --creds~u
poetry [config] @2? @3? [publish] -p+ --password
postman --with-api-key --api-key
presto --password=
pscp -pw
psexec -p
PsExec.exe -p
psftp -pw
pulsar-admin --auth-params~j
pulumi [config,set] @2?
putty -pw
pveum --password
qm --cipassword --password
qpdf --password
rabbitmq-diagnostics [authenticate_user] @2
rabbitmqadmin -p+ --password
rabbitmqctl [add_user] @2 [change_password] @2 [authenticate_user] @2
racadm -p+
railway [variables] --set~= [variables,set] @*~=
rar -p* -hp*
rclone [obscure] @1 [] --sftp-pass --ftp-pass --webdav-pass --s3-secret-access-key --rc-pass --pass --mega-pass --azureblob-key --crypt-password --crypt-password2 --b2-key --drive-token --password
rdesktop -p+
redis-benchmark -a
redis-cli -a --pass
redis-server --requirepass --masterauth
regctl [registry,login] -p --pass
replicate --token
rman target~/ auxiliary~/ catalog~/
rpcclient -U+~% --user~%
rqlite -p
s3cmd --secret_key --access_key --access_token
salt --password
samba-tool --password --newpassword -U~% [user,create] @2 [user,add] @2
sc password=
schtasks /rp /p
scw secret-key= secret_key=
security [add-generic-password] -w+ [add-internet-password] -w+ [unlock-keychain] -p+ [create-keychain] -p+ [set-key-partition-list] -k+ [import] -P+
sendemail -xp
sendEmail -xp
sentry-cli --auth-token --api-key
serverless --token
shodan [init] @1
siege -H~h --header~h
signtool /p
singularity --docker-password
skopeo --creds~u --src-creds~u --dest-creds~u --src-registry-token --dest-registry-token --registry-token [login] -p+ --password
slack --token
sls --token
smbclient -U+~% --user~% --password -A.
smbget -U~% --user~%
smbmap -p+
snmpbulkwalk -A+ -X+ -c+
snmpget -A+ -X+ -c+
snmpset -A+ -X+ -c+
snmptrap -A+ -X+ -c+
snmpwalk -A+ -X+ -c+
snowsql --password
snyk [auth] @1 [config,set] @*~n
sonar -D*~n
sonar-scanner -D*~n -Dsonar.login= -Dsonar.token=
splunk -auth~u -password
sqlcmd -P+
sqlldr @1~/ userid=~/
sqlmap --auth-cred~u --cookie~c
sqlpackage /p: /sp: /tp: /SourcePassword: /TargetPassword:
sqlplus @1~/
ssh-keygen -N+ -P+
sshfs -o~n
sshpass -p+
sstp --password
streamlink --twitch-oauth-token
streamlit --server.cookieSecret
stripe --api-key
supabase -p --password --token [secrets,set] @*~= [login] --token
superset --password
surge --token
svn --password
swaks -ap --auth-password -au.
tailscale --authkey --auth-key
tea --token --password
teamcity --token
terraform -var~n -backend-config~n
terragrunt -var~n
tnftp -u~u
tofu -var~n -backend-config~n
tor --hash-password
travis --github-token --token --pro. -t
trino --password=
trivy --password --token --registry-token
tsql -P+
twilio --auth-token [login] -p
twine -p+ --password
unrar -p*
unzip -P+
useradd -p+ --password
usermod -p+ --password
uv [publish] -t --token -p --password
valkey-cli -a --pass
vault [login] @1~a [write] @*~= [kv,put] @*~= [kv,patch] @*~= [unseal] @1 [operator,unseal] @1 [token,revoke] @1 [token,lookup] @1 [unwrap] @1 [] -token
vegeta -header~h
veracrypt -p+ --password
vercel -t --token -b~n --build-env~n -e~n --env~n
virsh --secret
virt-builder --root-password~k
virt-customize --root-password~k --password~k
vsql -w+ --password
wandb [login] @1 [] --key
websocat --basic-auth~u -H~h
wfreerdp /p: /gp:
wget --password --http-password --ftp-password --proxy-password --header~h --post-data~j
winrs -p: /p: -password:
winscp /password=
wmic /password:
wp --user_pass --dbpass --admin_password --prompt.
wpa_cli [password] @2
wpa_passphrase @2
wpscan --api-token --passwords.
wrk -H~h
x11vnc -passwd
xcrun --password -p --apiKey.
xfreerdp /p: /gp: /pth: /p
xfreerdp3 /p: /gp: /pth:
xh -a~u --auth~u
xtrabackup --password
yarn [config,set] @2? [] --otp
youtube-dl -p+ --password -2 --ap-password --video-password
yt-dlp -p+ --password -2 --ap-password --video-password
zabbix_sender --tls-psk
zip -P --password
zipcloak -P
"""


# A word of a shell: quotes may begin it or stand in it; one that seems to close what was opened before ends the command.
_WORD = (
    r"(?:\\?\"(?:[^\"\\\n]|\\[^\"\n]|\\\"(?=[^\"\n]*\"))*\\?\"|'[^'\n]*')?"
    r"(?:[^\s\"'\\|;&`]|&(?=[^\s&])|\\[^\n\"]|\\\"(?!\s)(?:[^\"\\\n]|\\[^\"\n])*\\\"|\"(?![\s,;)\]}]|$)[^\"\n]*\"|'(?![\s,;)\]}]|$)[^'\n]*')*"
)
_BLANKS = r"(?:[ \t]|\\\r?\n)+"
_ITEM = r"[ \t]{0,9},\s{0,20}[bu]?(\\{0,3}[\"'])((?:(?!\1)[^\n])*)\1"
_LONGEST_LINE = 4096
_MOST_WORDS = 200
_MOST_TOOLS = 4  # in one command: `sudo docker exec db mysql`
_PROSE = frozenset(
    "is to for and or the a an with in on flag option was not of from that which will can must should if as by at it "
    "failed failure error succeeded successful successfully ok denied again first required command page method via "
    "into using prompt password token secret key user username your".split()
)
_VARIABLE_BEGINS = ("$", "%(", "{{", "<", "@", "%{")


class _Tool:
    """The rules of one tool, by what begins them."""

    __slots__ = ("glued", "places", "takes", "words")

    def __init__(self, pieces: list[str]) -> None:
        self.words: dict[str, list[Rule]] = {}  # flag or keyword -> rules
        self.glued: list[tuple[str, Rule]] = []
        self.places: list[tuple[str, Rule]] = []
        self.takes: set[str] = set()
        scope: tuple[str, ...] = ()
        for piece in pieces:
            if piece[0] == "[":
                scope = tuple(piece[1:-1].split(",")) if len(piece) > 2 else ()
                continue
            where, _tilde, part = piece.partition("~")
            rule = (scope, part)
            if where[0] == "@":
                self.places.append((where[1:], rule))
            elif where[-1] == ".":
                self.takes.add(where[:-1])
            elif where[-1] in "*=:":
                self.glued.append((where.rstrip("*"), rule))
            else:
                flag = where.rstrip("+")
                self.words.setdefault(flag, []).append(rule)
                if where[-1] == "+":
                    self.glued.append((flag, rule))


def _tools() -> dict[str, str]:
    found: dict[str, str] = {}
    for line in _TABLE.split("\n"):
        tool, _blank, rules = line.partition(" ")
        if tool:
            found[tool] = rules
    return found


_RULES = _tools()
_ready: dict[str, _Tool] = {}
NAMES = frozenset(_RULES)


def tool_of(word: str) -> str:
    """Return the name of the tool that *word* calls, by whatever path, or nothing."""
    base = word.rsplit("/", 1)[-1].rsplit("\\", 1)[-1]
    if base in NAMES:
        return base
    base = base.lower()
    for ending in (".exe", ".cmd", ".bat", ".jar", ".sh", ".py"):
        if base.endswith(ending):
            base = base[: -len(ending)]
    return base if base in NAMES else ""


def argument_spans(arguments: list[str], named: Callable[[str, str], tuple[int, str] | None]) -> Iterator[Found]:
    """Yield index, start, end and kind of what a flag, or its tool, makes a secret in an argument list.

    *named* says where in a value the secret begins that its name promises, and of which kind it is.
    """
    tools = 0
    told: set[int] = set()  # the words that a tool's own rule has judged
    for index, argument in enumerate(arguments):
        tool = tool_of(argument) if tools < _MOST_TOOLS else ""
        if tool:
            tools += 1
            for place, start, end, kind in _secrets(tool, arguments[index + 1 :], False):
                told.add(index + 1 + place)
                yield index + 1 + place, start, end, kind
        following = arguments[index + 1] if index + 1 < len(arguments) else ""
        if argument.startswith("-") and "=" not in argument and following[:2] != "--":
            found = named(argument, following)
            if found is not None and index + 1 not in told:
                yield index + 1, found[0], len(following), found[1]
        name, equals, value = argument.partition("=")
        found = named(name, value) if equals else None
        if found is not None and index not in told:
            yield index, len(name) + 1 + found[0], len(argument), found[1]


def line_spans(
    text: str, start: int, tool: str, pattern: Callable[[str], Pattern[str]], limit: int = -1
) -> tuple[list[Span], int]:
    """Return the secrets of the command that names *tool* at *start*, and where the command ends."""
    place = start + len(tool)
    if text.startswith((".exe", ".cmd", ".jar"), place):
        place += 4
    words, end = _words(text, place, pattern, limit if limit >= 0 else min(len(text), place + _LONGEST_LINE))
    found: list[Span] = []
    if limit < 0:
        for first, last in words:  # `sh -c "mysql -pX"`
            if " " in text[first:last]:
                found.extend(_spans_within(text, first, last, pattern))
    tools = 0
    values = [text[first:last] for first, last in words]
    name = tool
    for index in range(-1, len(words)):
        if index >= 0:
            name = tool_of(values[index]) if tools < _MOST_TOOLS else ""
        if name:
            tools += 1
            for number, first, last, kind in _secrets(name, values[index + 1 :], True):
                begin = words[index + 1 + number][0]
                first, last = _unquoted(text, begin + first, begin + last)
                found.append((first, _without_bracket(text, first, last), kind))
    return [span for span in found if span[1] > span[0]], end


def _spans_within(text: str, first: int, last: int, pattern: Callable[[str], Pattern[str]]) -> Iterator[Span]:
    """Yield the secrets of the commands within one quoted word."""
    done = first
    for match in pattern(r"[^\s\"'|;&]+").finditer(text, first, last):
        tool = tool_of(match.group()) if match.start() >= done else ""
        if tool and match.group().endswith(tool):
            spans, done = line_spans(text, match.end() - len(tool), tool, pattern, last)
            yield from spans


def _words(
    text: str, place: int, pattern: Callable[[str], Pattern[str]], limit: int
) -> tuple[list[Word], int]:
    """Return the words that follow *place* up to the end of the command, without their quotes, and that end."""
    found: list[Word] = []
    if text[place : place + 1] in ("'", '"') or text.startswith('\\"', place):
        item = pattern(_ITEM)
        begin = place + (2 if text[place] == "\\" else 1)
        match = item.match(text, begin, limit)
        while match is not None and len(found) < _MOST_WORDS:
            found.append(match.span(2))
            begin = match.end()
            match = item.match(text, begin, limit)
        return found, begin if found else place
    blanks, word = pattern(_BLANKS), pattern(_WORD)
    match = blanks.match(text, place, limit)
    while match is not None and len(found) < _MOST_WORDS:
        place = match.end()
        match = word.match(text, place, limit)
        if match is None or match.end() == place:
            break
        start, end = _unquoted(text, place, match.end())
        found.append((start, end))
        place = match.end()
        if _without_bracket(text, start, end) < end and text[place - 1] not in "'\"":
            break
        match = blanks.match(text, place, limit)
    return found, place


def _unquoted(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the bounds without quotes around, or one left over at either side."""
    for _pair in range(2):
        if text.startswith('\\"', start) and start + 2 <= end:
            start += 2
        elif text[start : start + 1] in ("'", '"') and start < end:
            start += 1
        else:
            break
        if text[end - 2 : end] == '\\"' and end - 2 >= start:
            end -= 2
        elif text[end - 1 : end] in ("'", '"') and end > start:
            end -= 1
    return start, end


def _without_bracket(text: str, start: int, end: int) -> int:
    """Return *end* before a bracket that was opened before the command: `[Makefile:12: mysql -pX] Error 1`."""
    last = text[end - 1 : end]
    if last and last in ")]}" and text.count({")": "(", "]": "[", "}": "{"}[last], start, end) == 0:
        return end - 1
    return end


def _secrets(tool: str, words: list[str], is_line: bool) -> Iterator[Found]:
    """Yield index, start, end and kind of the secrets in the *words* after a tool's name."""
    rules = _ready.get(tool)
    if rules is None:
        rules = _ready[tool] = _Tool(_RULES[tool].split())
    plain: list[int] = []  # the words that are neither flags nor the values of flags
    taken = -1
    for index, word in enumerate(words[:_MOST_WORDS]):
        if is_line and index > 0 and word in ("||", "&&", "|", ";"):
            break
        if index == taken:
            continue
        name, equals, value = word.partition("=")
        if name in rules.takes and not equals:
            taken = index + 1
            continue
        hits = rules.words.get(word) or _cluster(rules, word)
        following = words[index + 1] if index + 1 < len(words) else ""
        if hits and following and not _is_flag(following):
            for scope, part in hits:
                if _in_scope(scope, words, plain):
                    yield from _part(index + 1, following, 0, part, name, is_line)
                    taken = index + 1
        elif equals and name[:1] in ("-", "/") and name in rules.words:
            for scope, part in rules.words[name]:
                if _in_scope(scope, words, plain):
                    yield from _part(index, word, len(name) + 1, part, name, is_line)
        else:
            for begin, (scope, part) in rules.glued:
                if len(word) > len(begin) and word.startswith(begin) and _in_scope(scope, words, plain):
                    yield from _part(index, word, len(begin), part, begin, is_line)
        if index != taken and (word[:1] != "-" or word.startswith("-----")) and not (word in rules.words and hits):
            plain.append(index)
    for where, (scope, part) in rules.places:
        yield from _placed(where, scope, part, words, plain, is_line)


def _cluster(rules: _Tool, word: str) -> list[Rule]:
    """Return the rules of the last flag in `-sku`."""
    if 2 < len(word) < 7 and word[0] == "-" and word[1:].isalpha() and word[1] != "-":
        return rules.words.get("-" + word[-1], [])
    return []


def _is_flag(word: str) -> bool:
    return word[:2] == "--" or (word[0] == "-" and len(word) <= 3 and word[1:].isalpha()) or word in ("|", "&&", "||", "\\")


def _in_scope(scope: tuple[str, ...], words: list[str], plain: list[int]) -> bool:
    return not scope or _after(scope, words, plain) >= 0


def _after(scope: tuple[str, ...], words: list[str], plain: list[int]) -> int:
    """Return how many plain words there are up to the end of the subcommand *scope*, or -1."""
    if not scope:
        return 0
    said = [words[index] for index in plain[:8]]
    for place in range(len(said) - len(scope) + 1):
        if tuple(said[place : place + len(scope)]) == scope:
            return place + len(scope)
    return -1


def _placed(
    where: str, scope: tuple[str, ...], part: str, words: list[str], plain: list[int], is_line: bool
) -> Iterator[Found]:
    """Yield what stands at a place among the plain words."""
    begin = _after(scope, words, plain)
    if begin < 0:
        return
    rest = plain[begin:]
    if where == "*":
        for index in rest[:_MOST_WORDS]:
            yield from _part(index, words[index], 0, part, "", is_line)
        return
    if where == "unc":
        for number, index in enumerate(rest[:-1]):
            if words[index].startswith("\\\\") and words[rest[number + 1]][0] not in "/*":
                yield rest[number + 1], 0, len(words[rest[number + 1]]), "password"
        return
    if where == "b":
        if any(word[0] == "-" and "b" in word and word[:2] != "--" for word in words if word) and len(rest) > 1:
            yield from _part(rest[-1], words[rest[-1]], 0, part, "", is_line)
        return
    must_be_named = where[-1] == "?"
    number = int(where.rstrip("?")) - 1
    if number >= len(rest) or where == "*?":
        return
    if must_be_named:
        said = " ".join(words[index] for index in rest[:number])
        if not (names.strength(said.rsplit(":", 1)[-1]) or (number == 2 and "http-basic" in said) or "--secret" in words):
            return
    yield from _part(rest[number], words[rest[number]], 0, part, "", is_line and not must_be_named)


def _part(index: int, word: str, start: int, part: str, flag: str, is_line: bool) -> Iterator[Found]:
    """Yield the secret *part* of a word, of which the value begins at *start*."""
    for first, last in _parts(word, start, part):
        if _may_be_secret(word[first:last], is_line, flag):
            yield index, first, last, _kind_of(flag)


def _parts(word: str, start: int, part: str) -> Iterator[tuple[int, int]]:
    end = len(word)
    if part in ("n", "a", "j"):
        pairs = False
        sign = "&" if part == "j" else " " if " " in word and "," not in word else ","
        for first, last in _pieces(word, start, sign):
            name, equals, _value = word[first:last].partition("=")
            pairs = pairs or bool(equals)
            if equals and names.strength(name.replace(".", "_")):
                yield first + len(name) + 1, last
        if part == "a" and not pairs:
            yield start, end
        return
    if part == "/":
        slash, at = word.find("/", start), word.rfind("@")
        if slash > start and word[slash : slash + 2] != "//":
            yield slash + 1, at if at > slash else end
        return
    if part == "h":
        colon = word.find(":", start)
        if colon > 0 and names.strength(word[start:colon]):
            begin = colon + 1 + (len(word) - colon - 1 - len(word[colon + 1 :].lstrip()))
            scheme, blank, _rest = word[begin:].partition(" ")
            yield begin + (len(scheme) + 1 if blank else 0), end
        return
    if part == "g":
        if "extraheader=" in word.lower():
            yield word.rfind(" ") + 1 or word.rfind(":") + 1, end
        return
    if part == "p":
        if word.startswith("pass:", start):
            yield start + 5, end
        return
    sign = {"u": ":", "%": "%", ",": ",", "=": "=", "k": ":", "c": "="}.get(part, "")
    if not sign:
        yield start, end
        return
    found = word.find(sign, start)
    if part == "u" and "://" in word[start:]:
        return  # a URL: its credentials are found by their form
    if found >= 0:
        yield found + 1, end


def _pieces(word: str, start: int, sign: str) -> Iterator[tuple[int, int]]:
    """Yield the parts of a list; one without a `=` belongs to the value before it."""
    first = start
    place = word.find(sign, start)
    while place >= 0:
        following = word.find(sign, place + 1)
        if "=" in word[place : following if following >= 0 else len(word)]:
            yield first, place
            first = place + 1
        place = following
    yield first, len(word)


def _may_be_secret(value: str, is_line: bool, flag: str) -> bool:
    """Say whether *value* can be one: no variable, no file that holds it, and in a line no word of a sentence."""
    if not value or value.startswith(_VARIABLE_BEGINS) or "‹redacted:" in value or not value.strip("*.x"):
        return False
    if value.startswith(("env:", "file:", "fd:")) or value in ("-", "''", '""'):
        return False
    if is_line:
        bare = value.rstrip(".,:;)")
        if bare.lower() in _PROSE or (not flag and bare.isalpha() and bare.islower() and len(bare) < 16):
            return False
    return True


def _kind_of(flag: str) -> str:
    lower = flag.lower()
    for word in ("token", "cookie", "secret", "key"):
        if word in lower:
            return word
    return "password"
