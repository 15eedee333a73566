"""Command lines with a secret in them: `@S@` stands for the secret, and one word is one argument.

Each line is tried as an argument list and as text. What must survive stands in the line itself: all but the secret.
"""

from __future__ import annotations

COMMANDS = r"""
npm config set //registry.npmjs.org/:_authToken @S@
npm config set _auth @S@
npm publish --otp @S@
yarn config set npmAuthToken @S@
sqlcmd -S host -U sa -P @S@
sqlcmd -S host -U sa -P@S@
bcp db.table out f.txt -U sa -P @S@
bcp db.table out f.txt -U sa -P@S@
curl -u bob:@S@ https://example.com/
curl -ubob:@S@ https://example.com/
curl -su bob:@S@ https://example.com/
curl --user bob:@S@ https://example.com/
curl --user=bob:@S@ https://example.com/
curl --proxy-user bob:@S@ -x http://proxy:3128 https://example.com/
curl -U bob:@S@ https://example.com/
curl --oauth2-bearer @S@ https://example.com/
curl --pass @S@ --cert c.pem https://example.com/
curl -E c.pem:@S@ https://example.com/
curl -b sid=@S@ https://example.com/
curl -d password=@S@ https://example.com/
curl --data user=bob&password=@S@ https://example.com/
curl -H 'Authorization: Bearer @S@' https://example.com/
curl -H 'X-Api-Key: @S@' https://example.com/
curl -H 'PRIVATE-TOKEN: @S@' https://example.com/
curl https://bob:@S@@example.com/x
wget --user=bob --password=@S@ https://example.com/
wget --http-user=bob --http-password=@S@ https://example.com/
wget --http-password @S@ https://example.com/
wget --header 'Authorization: token @S@' https://example.com/
wget --ftp-password=@S@ ftp://example.com/
http -a bob:@S@ example.com
http --auth=bob:@S@ example.com
https -a bob:@S@ example.com
aria2c --http-passwd=@S@ https://example.com/f
aria2c --rpc-secret=@S@ --enable-rpc
ab -A bob:@S@ -n 10 http://example.com/
zip -P @S@ out.zip file
zip -rP @S@ out.zip dir
unzip -P @S@ in.zip
7z a -p@S@ out.7z file
7za x -p@S@ in.7z
rar a -hp@S@ out.rar file
rar a -p@S@ out.rar file
keytool -genkey -storepass @S@ -alias a
keytool -importkeystore -srcstorepass @S@ -srckeystore a
keytool -list -keypass @S@
jarsigner -storepass @S@ app.jar alias
apksigner sign --ks-pass pass:@S@ app.apk
openssl rsa -passin pass:@S@ -in key.pem
openssl enc -aes-256-cbc -pass pass:@S@ -in f
openssl enc -aes-256-cbc -k @S@ -in f
openssl enc -aes-256-cbc -K @S@ -iv 00
openssl pkcs12 -export -passout pass:@S@ -out f.p12
plink -pw @S@ bob@host
pscp -pw @S@ f bob@host:
psftp -pw @S@ host
sshpass -p @S@ ssh bob@host
sshpass -p@S@ scp f bob@host:
mysql -u root -p@S@ shop
mysql --user=root --password=@S@ shop
mysqldump -uroot -p@S@ shop
mysqldump --password=@S@ shop
mysqladmin -u root -p@S@ status
mariadb -u root -p@S@ shop
mariadb --password=@S@ shop
psql postgres://bob:@S@@db.example.com/shop
psql 'host=db user=bob password=@S@ dbname=shop'
pg_dump --dbname=postgresql://bob:@S@@db:5432/shop
mongosh --host db -u bob -p @S@
mongosh -u bob --password @S@
mongodump -u bob -p @S@ --db shop
mongo -u bob -p@S@ shop
redis-cli -h cache -a @S@ ping
redis-cli --pass @S@ ping
redis-server --requirepass @S@
influx -username bob -password @S@
influx write --token @S@ -b bucket
cqlsh -u bob -p @S@ host
clickhouse-client --password @S@ --query q
clickhouse-client --password=@S@ --query q
sqlplus bob/@S@@db
sqlplus -S bob/@S@@//host:1521/orcl
impdp bob/@S@@db directory=d
expdp bob/@S@ directory=d
sqlldr userid=bob/@S@@db control=c.ctl
isql dsn bob @S@
isql -U bob -P @S@
cockroach sql --password @S@
snowsql -a acc --password @S@
cypher-shell -u neo4j -p @S@
az login -u bob -p @S@
az login --service-principal -u app -p @S@ --tenant t
az login --password @S@
az ad sp create --client-secret @S@
az storage blob list --account-key @S@
az storage blob list --sas-token @S@
az storage blob list --connection-string @S@
az sql server create --admin-password @S@
az keyvault secret set --name n --value @S@
aws configure set aws_secret_access_key @S@
aws secretsmanager create-secret --name n --secret-string @S@
aws rds create-db-instance --master-user-password @S@
gcloud auth login --access-token @S@
gcloud sql users set-password bob --password @S@
doctl auth init -t @S@
hcloud --token @S@ server list
ibmcloud login --apikey @S@
openstack --os-password @S@ server list
kubectl create secret generic app --from-literal=key=@S@
kubectl create secret generic app --from-literal db=@S@
kubectl create secret docker-registry r --docker-username=bob --docker-password=@S@
kubectl config set-credentials bob --token=@S@
kubectl config set-credentials bob --token @S@
kubectl config set-credentials bob --username=bob --password=@S@
kubectl --token=@S@ get pods
kubectl set env deploy/app DB_PASSWORD=@S@
oc login https://host:6443 -u bob -p @S@
oc login --token=@S@ https://host:6443
helm install app chart --set db.password=@S@,replicas=3
helm upgrade app chart --set-string auth.secretKey=@S@
helm registry login -u bob -p @S@ registry.example.com
helm repo add r https://example.com --username bob --password @S@
argocd login host --username admin --password @S@
argocd app list --auth-token @S@
docker login -u bob -p @S@ registry.example.com
docker login --username bob --password @S@
docker login --password=@S@ registry.example.com
docker run -e DB_PASSWORD=@S@ image
docker run --env API_TOKEN=@S@ image
docker run --env=API_TOKEN=@S@ image
docker build --build-arg NPM_TOKEN=@S@ .
docker exec -e DB_PASSWORD=@S@ app env
docker exec db mysql -uroot -p@S@
docker swarm join --token @S@ host:2377
podman login -u bob -p @S@ registry.example.com
podman pull --creds bob:@S@ image
buildah push --creds=bob:@S@ image
skopeo copy --src-creds bob:@S@ docker://a docker://b
skopeo copy --dest-creds=bob:@S@ docker://a docker://b
crane auth login -u bob -p @S@ registry.example.com
oras login -u bob -p @S@ registry.example.com
vault login @S@
vault login -method=userpass username=bob password=@S@
vault write auth/userpass/users/bob password=@S@
vault kv put secret/app key=@S@
vault unseal @S@
vault operator unseal @S@
consul kv get -token=@S@ k
consul kv get -token @S@ k
nomad status -token=@S@
terraform apply -var 'db_password=@S@'
terraform apply -var=db_password=@S@
ansible-playbook site.yml -e db_pass=@S@
ansible-playbook site.yml --extra-vars 'db_password=@S@ user=bob'
ansible all -e 'ansible_password=@S@'
ansible-vault encrypt_string @S@ --name n
twine upload -u bob -p @S@ dist/x.whl
twine upload --username bob --password @S@ dist/x.whl
poetry config pypi-token.pypi @S@
poetry config http-basic.repo bob @S@
poetry publish -u bob -p @S@
uv publish --token @S@
uv publish -u bob -p @S@
hatch publish -u bob -a @S@
cargo login @S@
cargo publish --token @S@
gem push --key @S@ x.gem
nuget push x.nupkg -ApiKey @S@ -Source s
nuget push x.nupkg -k @S@
nuget setapikey @S@
dotnet nuget push x.nupkg -k @S@
dotnet nuget push x.nupkg --api-key @S@
dotnet nuget add source u -n name -u bob -p @S@
gh secret set NAME -b @S@
gh secret set NAME --body @S@
glab auth login --token @S@
git -c http.extraheader='AUTHORIZATION: basic @S@' fetch
git clone https://bob:@S@@github.com/org/repo.git
git clone https://x-access-token:@S@@github.com/org/repo.git
git clone https://oauth2:@S@@gitlab.com/org/repo.git
git remote set-url origin https://@S@:x-oauth-basic@github.com/org/repo.git
heroku config:set API=@S@
flyctl secrets set DB=@S@
fly secrets set DB=@S@
vercel deploy --token @S@
vercel deploy -t @S@
netlify deploy --auth @S@
netlify deploy --auth=@S@
firebase deploy --token @S@
supabase secrets set KEY=@S@
tailscale up --authkey @S@
tailscale up --auth-key=@S@
cloudflared tunnel run --token @S@
ngrok config add-authtoken @S@
ngrok authtoken @S@
nmcli dev wifi connect ssid password @S@
nmcli con modify c wifi-sec.psk @S@
wpa_passphrase ssid @S@
smbclient //host/share -U bob%@S@
smbclient //host/share -U 'DOM\bob%@S@'
mount -t cifs -o username=bob,password=@S@ //host/share /mnt
mount.cifs //host/share /mnt -o user=bob,pass=@S@
net use X: \\host\share @S@ /user:bob
net use \\host\share @S@ /user:bob
net user bob @S@ /add
ldapsearch -x -D cn=admin -w @S@ -b dc=x
ldapmodify -x -D cn=admin -w @S@ -f f.ldif
ldappasswd -s @S@ -D cn=admin uid=bob
kadmin -p admin -w @S@ listprincs
rclone obscure @S@
rclone copy a b --sftp-pass @S@
rclone copy a b --s3-secret-access-key=@S@
s3cmd --secret_key=@S@ ls
mc alias set store https://host ACCESS @S@
mc config host add store https://host ACCESS @S@
lftp -u bob,@S@ ftp://host
lftp -e ls -u bob,@S@ host
ncftpput -u bob -p @S@ host dir f
swaks --to a@b.c -au bob -ap @S@
swaks --to a@b.c --auth-password @S@
sendemail -f a@b.c -xu bob -xp @S@
mosquitto_pub -h host -u bob -P @S@ -t topic
mosquitto_sub -h host -u bob -P @S@ -t topic
rabbitmqadmin -u bob -p @S@ list queues
rabbitmqctl add_user bob @S@
rabbitmqctl change_password bob @S@
kcat -b host -X sasl.password=@S@ -L
nats --user bob --password @S@ pub s m
htpasswd -b file bob @S@
htpasswd -bc file bob @S@
htpasswd -nb bob @S@
useradd -p @S@ bob
usermod -p @S@ bob
gpg --batch --passphrase @S@ -d f.gpg
gpg --batch --passphrase=@S@ -d f.gpg
ssh-keygen -t ed25519 -N @S@ -f key
ssh-keygen -p -P @S@ -N '' -f key
security add-generic-password -a bob -s svc -w @S@
security unlock-keychain -p @S@ login.keychain
bw login bob@example.com @S@
bw unlock @S@
xfreerdp /v:host /u:bob /p:@S@
rdesktop -u bob -p @S@ host
ipmitool -H host -U bob -P @S@ power status
snmpwalk -v3 -u bob -A @S@ host
snmpwalk -v3 -u bob -X @S@ host
snmpwalk -v2c -c @S@ host
hydra -l bob -p @S@ ssh://host
java -jar jenkins-cli.jar -s https://host/ -auth bob:@S@ list-jobs
sonar-scanner -Dsonar.login=@S@ -Dsonar.projectKey=p
sonar-scanner -Dsonar.token=@S@
mvn deploy -Dpassword=@S@
mvn deploy -Dgpg.passphrase=@S@
gradle publish -PsigningPassword=@S@
gradle publish -Psigning.password=@S@
java -Djavax.net.ssl.keyStorePassword=@S@ -jar app.jar
newman run c.json --env-var apiKey=@S@
jupyter lab --ServerApp.token=@S@
jupyter notebook --NotebookApp.token=@S@
celery -A app -b amqp://bob:@S@@mq:5672// worker
celery flower --basic_auth=bob:@S@
wp user create bob b@x.y --user_pass=@S@
wp config create --dbname=d --dbpass=@S@
drush site:install --account-pass=@S@
filebeat -e -E output.elasticsearch.password=@S@
sentry-cli --auth-token @S@ releases list
datadog-ci junit upload --api-key @S@
snyk auth @S@
codecov -t @S@
doppler run -t @S@ -- app
doppler secrets set KEY=@S@
infisical run --token=@S@ -- app
pulumi config set dbPassword @S@ --secret
circleci --token @S@ config validate
buildkite-agent start --token @S@
gitlab-runner register --url https://host --registration-token @S@
gitlab-runner register -n -r @S@
act -s GITHUB_TOKEN=@S@
drone -t @S@ info
wandb login @S@
huggingface-cli login --token @S@
yt-dlp -u bob -p @S@ https://example.com/v
svn co --username bob --password @S@ https://host/repo
qpdf --password=@S@ --decrypt a.pdf b.pdf
pdftotext -upw @S@ a.pdf
stripe listen --api-key @S@
twilio login AC1 --auth-token @S@
psexec \\host -u bob -p @S@ cmd
cmdkey /add:host /user:bob /pass:@S@
sudo mysql -u root -p@S@ shop
sudo -u app env LANG=C mysqldump -p@S@ shop
timeout 5 redis-cli -a @S@ ping
/usr/bin/mysql -p@S@ shop
/usr/local/bin/curl -u bob:@S@ https://example.com/
nohup mosquitto_pub -u bob -P @S@ -t t
env LANG=C sqlcmd -P @S@
xargs -n1 curl -u bob:@S@
nice -n 5 7z a -p@S@ o.7z f
kubectl exec pod -- mysql -uroot -p@S@
ssh host mysql -uroot -p@S@
docker compose exec db mysqldump -p@S@ shop
curl --key-pass @S@ https://h/
exp bob/@S@@db file=x
imp bob/@S@@db file=x
gcloud secrets create s --data @S@
composer config github-oauth.github.com @S@
nuget push p.nupkg @S@ -Source s
flyctl auth token @S@
wg set wg0 private-key @S@
smbclient //h/s @S@ -U bob
rabbitmqctl add_user -n rabbit@h bob @S@
snyk config set api=@S@
aws ssm put-parameter --name /x/password --value @S@
cqlsh h -u bob -p@S@
locust --web-auth bob:@S@
flit publish --password @S@
composer config http-basic.repo.x bob @S@
docker run -eDB_PASSWORD=@S@ img
htpasswd -bBC 10 f bob @S@
bundle config gems.example.com bob:@S@
uv publish -t @S@
"""
# Their words look like secrets of a neighbour and are none.
HARMLESS = r"""
docker run -p 8080:80 image
docker run --rm -p 8080 -v a:b image sh
ssh -p 2222 bob@host
scp -P 2222 f bob@host:
mkdir -p build/dir
cp -p file1 file2
ps -p 1234
curl -u bob https://example.com/
curl -o out.html -A agent/1.0 https://example.com/
mysql -u root -p shop_2024
mysql -P 3306 -h db2.example.com
psql -p 5432 -U bob shop
nmap -p 22,80 host1
tar -C dir1 -P -xf a.tar
git commit -p file1
git log -p abc1234
git clone https://github.com/org/repo.git
python -u script1.py
grep -P pattern1 file
pip install -e .
sed -e s/a1/b2/ file
ls -a dir1
patch -p1 file
zip -r out1.zip dir
openssl rsa -in key1.pem -out key2.pem
openssl enc -pass env:VAR -in f1
terraform apply -var region=eu-west1
helm install app chart --set replicas=3,image.tag=v1.2.3
docker run -e LANG=C.UTF-8 image1
kubectl get pods -n ns1 -w
ansible-playbook site.yml -e env=prod1
redis-cli -h cache1 -p 6379 ping
rabbitmqctl list_users name1
vault kv get secret/app1
npm config set registry https://r1.example.com/
aws configure set region eu-west-1
net use X: /delete
http GET example1.com
gh pr list -b main1
mongosh --port 27017 host1
mosquitto_pub -h host1 -p 1883 -t topic1
7z x in1.7z
rclone copy a1 b1
mvn -Dmaven.test.skip=true package
java -Dfile.encoding=UTF-8 -jar app1.jar
mount -o ro,noatime /dev/sda1 /mnt
htpasswd -c file1 bob
useradd -m -s /bin/bash bob1
""".strip().split("\n")  # fmt: skip
