"""Which words of which tools' command lines are secrets: facts from the tools' own manuals."""

from __future__ import annotations

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
# names in a query, `~o` as `~/`, if there is a host, `~c` a cookie's value, `~g` a header in a setting of git,
# `~a` as `~n`, or else the whole.
# A line that begins with a blank goes on with the tool before it. What `echo` and `printf` say is judged by the pipe
# behind them.
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
aws [configure,set] @2? [] --secret-string --master-user-password --master-password --auth-token --password
  --secret-access-key --secret-value --token-code [] [ssm,put-parameter] --value
az [login] -p --password --client-secret --federated-token [] --password --admin-password --account-key --sas-token
  --connection-string --client-secret --secret --value -p [storage] --account-key --sas-token --connection-string
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
bundle [config] @*~u
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
cqlsh -p+ --password
crackmapexec -p
crane [auth,login] -p+ --password
curl -u+~u --user~u -U+~u --proxy-user~u --oauth2-bearer --pass --proxy-pass --tlspassword --proxy-tlspassword -b+~c
  --cookie~c -H+~h --header~h -d~j --data~j --data-raw~j --data-urlencode~j --data-binary~j --json~j -F~j --form~j
  -E~u --cert~u -x. --proxy. --aws-sigv4. -o. -X. -A. -e. --key-pass --login-options.
curlftpfs -o~n
cypher-shell -p+ --password
datadog-ci --api-key --apiKey --app-key
db2 [connect] using
dgraph --password
docker [login] -p+ --password [run] -e+~n --env~n --env= [exec] -e+~n --env~n [create] -e+~n --env~n [build]
  --build-arg~n [buildx,build] --build-arg~n [compose] -e+~n [service,create] -e~n --env~n [service,update]
  --env-add~n [swarm,join] --token
docker-compose -e+~n --build-arg~n
doctl -t --access-token --token
dog --api-key --application-key
dogshell --api-key --application-key
doppler -t --token [secrets,set] @*~= [configure,set,token] @1
dotnet [nuget,push] -k --api-key [nuget,add,source] -p --password [nuget,update,source] -p --password
  [user-secrets,set] @2
drone -t --token
drupal --account-pass
drush --account-pass --db-su-pw --db-url~u --password
dsquery -p
dvc [remote,modify] @3?
eas --password
echo -
elasticdump --input. --headers~j
elasticsearch-reset-password -p
elasticsearch-users -p+ --password
evil-winrm -p
exo --api-secret
exp @1~o userid=~/
expdp @1~/ userid=~/
expo --password -p
fastlane --password
filebeat -E~n
firebase --token [functions:config:set] @*~n
fisql -P+
flit --password
flower --basic_auth~u --basic-auth~u
fluent-bit -p~n
flux --password --token --secret-key
fly -t. --access-token --password -p [secrets,set] @*~= [deploy] --build-arg~n -e~n --env~n [] [auth,token] @1
fly-cli -p
flyctl -t --access-token [secrets,set] @*~= [secrets,import] @*~= [deploy] --build-arg~n -e~n --env~n [] [auth,token]
  @1
flyway -password
forge --private-key --etherscan-api-key --mnemonic
frpc -t --token
ftp -u~u
gallery-dl -p+ --password
gcloud --key --access-token --password --client-secret --token [secrets] --data
gem --key --otp --api-key
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
imp @1~o userid=~/
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
kubectl --token --password --docker-password [create,secret,generic] --from-literal~= [create,secret] --from-literal~=
  [config,set-credentials] --token --password --auth-provider-arg~n --exec-env~n [set,env] @*~n
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
locust --web-auth~u
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
nuget [push] @2 -Source. -source. -s. [] [push] -ApiKey -apikey -k [setapikey] @1 [setApiKey] @1 [sources] -Password
  -password [] -ApiKey -Password
nxc -p
nzsql -pw -W
oc [login] -p --password --token [create,secret] --from-literal~= [set,env] @*~n [] --token
occ --password
octo --apiKey --password
octopus --apiKey --password
op [item,create] @*~n [item,edit] @*~n [signin] @3 [] --session
open -u~, --user~,
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
podman --creds~u [login] -p+ --password [run] -e+~n --env~n [exec] -e+~n --env~n [create] -e+~n --env~n [build]
  --build-arg~n --creds~u
poetry [config] @2? @3? [publish] -p+ --password
postman --with-api-key --api-key
presto --password=
printf -
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
rabbitmqctl -n. -p. [add_user] @2 [change_password] @2 [authenticate_user] @2
racadm -p+
railway [variables] --set~= [variables,set] @*~=
rar -p* -hp*
rclone [obscure] @1 [] --sftp-pass --ftp-pass --webdav-pass --s3-secret-access-key --rc-pass --pass --mega-pass
  --azureblob-key --crypt-password --crypt-password2 --b2-key --drive-token --password
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
security [add-generic-password] -w+ [add-internet-password] -w+ [unlock-keychain] -p+ [create-keychain] -p+
  [set-key-partition-list] -k+ [import] -P+
sendemail -xp
sendEmail -xp
sentry-cli --auth-token --api-key
serverless --token
shodan [init] @1
siege -H~h --header~h
signtool /p
singularity --docker-password
skopeo --creds~u --src-creds~u --dest-creds~u --src-registry-token --dest-registry-token --registry-token [login] -p+
  --password
slack --token
sls --token
smbclient -U+~% --user~% --password -A. -c. -D. -p. -I. -W. -m. @2
smbget -U~% --user~%
smbmap -p+
snmpbulkwalk -A+ -X+ -c+
snmpget -A+ -X+ -c+
snmpset -A+ -X+ -c+
snmptrap -A+ -X+ -c+
snmpwalk -A+ -X+ -c+
snowsql --password
snyk [auth] @1 [config,set] @*~=
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
vault [login] @1~a [write] @*~= [kv,put] @*~= [kv,patch] @*~= [unseal] @1 [operator,unseal] @1 [token,revoke] @1
  [token,lookup] @1 [unwrap] @1 [] -token
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
wg private-key preshared-key
wget --password --http-password --ftp-password --proxy-password --header~h --post-data~j
winrs -p: /p: -password:
winscp /password=
wmic /password:
wp --user_pass --dbpass --admin_password --prompt.
wpa_cli [password] @2
wpa_passphrase @2
wpscan --api-token --passwords.
wrangler [secret,put] @2
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


def tools() -> dict[str, str]:
    """Return the rules of each tool."""
    found: dict[str, str] = {}
    tool = ""
    for line in _TABLE.split("\n"):
        if line.startswith(" "):
            found[tool] += line
        elif line:
            tool, _blank, found[tool] = line.partition(" ")
    return found
