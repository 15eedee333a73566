"""A quick look at the words of a command: most hold nothing secret, and need no rule of `redact` loaded.

Every run asks this about its arguments, so it stands apart from the rules themselves.
"""

from __future__ import annotations

from .redact_names import may_be_secret

_PLAIN_SIGNS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./,+=")
_UNSURE_FLAGS = ("-p", "-a", "-u", "-H", "-k", "-P", "-w", "-W", "-e", "-c")

# The tools that `redact_tools` knows: what stands behind such a name may be a secret whatever it looks like.
_TOOLS = """
7z 7za 7zr 7zz PsExec.exe ab acli act act_runner actions-runner activemq adduser airflow akeyless aliyun altool
amqp-publish anaconda ansible ansible-playbook ansible-vault ant apksigner appcenter apptainer appveyor arangosh
argocd aria2c aws az az.cmd bamboo bao bcp bitcoin-cli bitcoind bitwarden bore boundary bsqldb bteq buildah
buildkite-agent bundle bw cargo cast cbq cc-test-reporter celery chamber check_http check_mysql check_snmp choco
circleci clickhouse clickhouse-client cloudflared cmdkey cockroach code codeclimate-test-reporter codecov codecovcli
composer concourse conda config.sh consul cosign couchbase-cli coveralls cqlsh crackmapexec crane curl curlftpfs
cypher-shell datadog-ci db2 dgraph docker docker-compose doctl dog dogshell doppler dotnet drone drupal drush
dsquery dvc eas echo elasticdump elasticsearch-reset-password elasticsearch-users evil-winrm exo exp expdp expo
fastlane filebeat firebase fisql flit flower fluent-bit flux fly fly-cli flyctl flyway forge frpc ftp gallery-dl
gcloud gem gh git gitea gitlab-runner glab gpg gpg2 gradle gradlew grafana grafana-cli groupadd grpcurl grype
gunicorn hatch hcloud headscale heartbeat helm helmfile heroku hey hf hg htpasswd http httpie https huggingface-cli
hydra ibmcloud imp impdp infisical influx ipa ipmitool irssi isql iwctl jarsigner java java-jenkins jenkins-cli
jenkins-cli.jar jf jfrog jira jupyter jupyter-lab jupyter-notebook k6 kadmin kadmin.local kafkacat kcat keytool
kitty knife kubectl ldapadd ldapcompare ldapdelete ldapmodify ldapmodrdn ldappasswd ldapsearch ldapwhoami lftp
linode-cli liquibase llm locust lxc magento mariadb mariadb-admin mariadb-dump mattermost mc mcli medusa metricbeat
modal monero-wallet-cli mongo mongodump mongoexport mongoimport mongorestore mongosh mosquitto_passwd mosquitto_pub
mosquitto_rr mosquitto_sub mount mount.cifs mqtt msoffcrypto-tool mvn mvnw mycli mydumper mysql mysqladmin
mysqlcheck mysqldump mysqlimport mysqlsh mysqlshow nats ncftp ncftpget ncftpput ncrack neo4j-admin nerdctl net
net.exe netbird netexec netlify newman newrelic ngrok nmap nmcli nodetool nomad notarytool now npm ntfy nuget nxc
nzsql oc occ octo octopus op open openai openssl openstack oras osql osslsigncode p4 packer packetbeat paket pdfinfo
pdftk pdftoppm pdftotext pdm pip plink pnpm podman poetry postman presto printf pscp psexec psftp pulsar-admin
pulumi putty pveum qm qpdf rabbitmq-diagnostics rabbitmqadmin rabbitmqctl racadm railway rar rclone rdesktop
redis-benchmark redis-cli redis-server regctl replicate rman rpcclient rqlite s3cmd salt samba-tool sc schtasks scw
security sendEmail sendemail sentry-cli serverless shodan siege signtool singularity skopeo slack sls smbclient
smbget smbmap snmpbulkwalk snmpget snmpset snmptrap snmpwalk snowsql snyk sonar sonar-scanner splunk sqlcmd sqlldr
sqlmap sqlpackage sqlplus ssh-keygen sshfs sshpass sstp streamlink streamlit stripe supabase superset surge svn
swaks tailscale tea teamcity terraform terragrunt tnftp tofu tor travis trino trivy tsql twilio twine unrar unzip
useradd usermod uv valkey-cli vault vegeta veracrypt vercel virsh virt-builder virt-customize vsql wandb websocat
wfreerdp wg wget winrs winscp wmic wp wpa_cli wpa_passphrase wpscan wrangler wrk x11vnc xcrun xfreerdp xfreerdp3 xh
xtrabackup yarn youtube-dl yt-dlp zabbix_sender zip zipcloak
"""
TOOLS = frozenset(_TOOLS.split())


def plainly_clean(argument: str) -> bool:
    """Say whether *argument* surely holds no secret, quickly; False when unsure.

    When it is True for all arguments of a command, nothing in that command needs to be hidden.
    """
    if len(argument) > 200 or not _PLAIN_SIGNS.issuperset(argument):
        return False
    if argument.startswith("-") and not argument.startswith("--") and argument[:2] in _UNSURE_FLAGS:
        return argument == "-c"
    if argument.rsplit("/", 1)[-1] in TOOLS:
        return False
    lower = argument.lower()
    if may_be_secret(lower):
        return False
    pieces = argument.replace(".", "/").replace(",", "/").replace("=", "/").split("/")
    return all(len(piece) < 13 or not any(sign.isdigit() or sign.isupper() for sign in piece) for piece in pieces)
