"""The forms of tokens: what each service's tokens begin with, of which signs they are and how many.

A row is a kind and a form. In a form, `{h32}` stands for 32 signs of the alphabet `h`, `{A20-40}` for 20 to 40, and
`(a|b)` for either. What stands before the first `{` is the prefix by which a token is found. Marks after a form:

    =  exact: a longer run is something else
    &  exact, and no part of a longer name: `cache-key-…` is none
    !  exact and mixed: such a beginning is also that of ordinary names, so digits, and capitals and small letters
       where there are both, must be among the signs
    ~  mixed, of any greater length
    ^  one piece of the run, between its hyphens, must be mixed and long
    #  the last six signs are the CRC32 of the part after the prefix, so that it is known even glued to a word

The rows are public facts, kept by where they can be looked up; the month is when they were written down.
"""

from __future__ import annotations

# The signs of each alphabet, as they stand in a pattern's brackets. `{g36}` is a UUID.
ALPHABETS = {
    "A": "A-Za-z0-9", "a": "a-z0-9", "U": "A-Z0-9", "h": "0-9a-f", "H": "0-9A-Fa-f", "X": "0-9A-F", "d": "0-9",
    "w": "A-Za-z0-9_", "u": "A-Za-z0-9_\\-", "b": "A-Za-z0-9+/", "e": "A-Za-z0-9+/=", "v": "A-Za-z0-9_=\\-",
    "z": "A-Za-z0-9_.\\-", "t": "a-z2-7", "T": "A-Z2-7", "j": "A-Za-z0-9+/=_\\-", "l": "A-Za-z", "p": "A-Za-z0-9_.~\\-",
    "g": "0-9A-Fa-f\\-", "s": "A-Za-z0-9./+", "k": "0-9a-f:/",
}  # fmt: skip

_VENDORS = """
github gh(p|o|u|s|r)_{A30-255} #
github github_pat_{w22-255}
gitlab gl(pat|ptt|dt|rt|rtr|cbt|ft|soat|agent|imt|oas|ffct|wt|oart)-{z20-300}
gitlab GR1348941{u20-60}
bitbucket ATBB{A28-60}
bitbucket ATCTT3{v24-250}
atlassian ATATT3{v24-250}
atlassian ATSTT3{v24-250}
atlassian ATOATT3{v24-250}
trello ATTA{A60-80}
aws (AKIA|ASIA|ABIA|ACCA){U16} =
aws ABSK{e60-180}
aws bedrock-api-key-{e30-2000}
aws amzn.mws.{g36}
aws da2-{a26} !
google AIza{u35-39}
google AQ.{u40-120} ~
google ya29.{z20-2000}
google GOCSPX-{u20-40}
google 1//0{u30-200}
alibaba LTAI{A12-24} ~
tencent AKID{A13-40} ~
yandex AQVN{u35-45} ~
yandex YC(A|P){u36-38} ~
yandex y0_{u40-80} ~
yandex t1.{v1-20}.{v86-200} ~
scaleway SCW{U17} !
digitalocean do(o|p|r)_v1_{h64}
flyio fo1_{u40-60}
flyio fm1(a|r)_{j40-2000}
flyio fm2_{j40-2000}
heroku HRKU-{u36-80}
render rnd_{A28-40} ~
netlify nf(p|c|o|u|b)_{A36-60} ~
cloudflare v1.0-{h24}-{h100-200}
cloudflare cf(k|ut|at)_{A40-60} ~
vercel vc(p|i|a|r|k)_{A24-80} ~
supabase sbp_{h40}
supabase sbp_{A24-60} ~
supabase sb_secret_{u24-60}
neon napi_{a60-70} ~
planetscale pscale_(tkn|pw|oauth|otkn)_{z32-80}
mongodb mdb_sa_sk_{u24-60}
databricks (dapi|dkea|dose|dsapi){h32}
dbt dbt(c|u)_{u20-60} ~
stripe (sk|rk)_(live|test)_{A10-247} ~
stripe sk_org_(live|test)_{A20-247}
stripe whsec_{e20-100}
stripe (pi|seti|cs)_{A14-60}_secret_{A14-60}
square sq0(atp|csp|idp)-{u22-50}
square EAAA{u56-64} ~
braintree access_token$(production|sandbox)${a16}${h32}
adyen AQE{b30-400}={e0-2}
plaid (access|public|link)-(sandbox|development|production)-{g36}
shopify shp(at|ca|pa|ss|ua|tka)_{H32}
twilio SK{h32} =
sendgrid SG.{u16-32}.{u16-64}
mailgun key-{H32} &
mailersend mlsn.{h64}
brevo (xkeysib|xsmtpsib)-{h64}-{A16}
resend re_{A8-12}_{A20-32} ~
slack xox(a|b|c|d|e|o|p|r|s)-{u10-250}
slack xoxe.xox(a|b|p)-{u10-250}
slack xwfp-{u10-250} ~
slack xapp-{d1}-{u10-250}
discord M{u22-27}.{u6}.{u27-40} ~
discord N{u22-27}.{u6}.{u27-40} ~
discord O{u22-27}.{u6}.{u27-40} ~
pagerduty pdus+_{A8-20}_{g36}
pagerduty u+{u18} !
newrelic NR(AK|JS|II|IQ|RA|BR|AA|SP|AL)-{u19-60}
sentry sntry(s|u|a|i)_{j30-600}
grafana glsa_{A32}_{h8}
grafana glc_{e32-400}
grafana eyJrIjoi{A40-400}={e0-2}
honeycomb hc(a|b|c|d|x)(ik|lk|mk)_{a26-80} ~
dynatrace dt0(c|s|g)0{d1}.{U8-24}.{U64}
elastic essu_{e40-200}
launchdarkly (sdk|mob|api|rel)-{h8}-{h4}-{h4}-{h4}-{h12}
posthog ph(x|c|s|r|a|e)_{A40-60} ~
segment sgp_{A64} !
mapbox (sk|tk).eyJ{u20-400}.{u20-60}
figma fig(d|o|u|ur|pat)_{u30-60} ~
notion ntn_{A40-60}
notion secret_{A43} !
linear lin_(api|oauth|wh)_{A32-80}
clickup pk_{d5-12}_{U32} !
airtable pat{A14}.{h64}
airtable key{A14} !
typeform tfp_{z40-80} ~
dropbox sl.{v60-2000} ~
dropbox sl.u.{v60-2000} ~
contentful CFPAT-{u43-64}
sanity sk{A80-200} ~
doppler dp.(pt|st|ct|sa|scim|audit|said).{z40-80} ~
vault hv(s|b|r).{u20-300}
vault (s|b|r).{A24} !
vault (s|b).{A24}.{A5} !
hcp hcp.{u24-400} ~
pulumi pul-{h40}
infracost ico-{A32} !
snyk snyk_(uat|sat|oauth).{z30-400}
sonar sq(p|u|a)_{h40}
circleci CCI(PAT|PRJ)_{A20-24}_{h40}
buildkite bk(ua|ct|aj|pt|cq|at|pr)_{a36-60} ~
npm npm_{A30-60} #
pypi pypi-Ag{u30-400}
rubygems rubygems_{h48}
nuget oy2{a43} !
crates cio{A32} !
docker dckr_(pat|oat)_{u20-60} ~
artifactory AKCp{A56-80} ~
artifactory cmVmd{A56-80} ~
okta 00{u40} !
clerk (sk|rk)_(live|test)_{A10-250} ~
onepassword ops_eyJ{j100-4000}
onepassword A3-{U6}-{U6}-{U5}-{U5}-{U5}-{U5}
onepassword A3-{U6}-{U11}-{U5}-{U5}-{U5}
bitwarden 0.{g36}.{A30}:{b22}=={e0-1}
age AGE-SECRET-KEY-1{A50-64}
age AGE-SECRET-KEY-PQ-1{A50-100}
tailscale tskey-(auth|api|client|webhook|scim)-{u16-100} ~
twitch oauth:{a30} !
facebook EAA{A60-400} ~
instagram IG(QV|AA|QW){u60-300} ~
linkedin AQ{u80-400} ~
linkedin WPL_AP1.{A8-24}.{e4-80}
twitter AAAAAAAAAAAAAAAAAAAA{v20-100}
twitter AAAAAAAAAAAAAAAAAAAA{A10-60}%{H2}{A10-100}
shippo shippo_(live|test)_{H40}
easypost EZ(AK|TK){A54-60} ~
duffel duffel_(live|test)_{v40-60}
frameio fio-u-{v60-70}
prefect pn(u|b)_{A36} !
hubspot pat-(na1|na2|eu1|ap1)-{g36}
intercom dG9rO{e40-100} ~
salesforce 00D{A12-15}!{z60-130}
salesforce 5Aep{z60-120}
adobe p8e-{A32} !
adobe p8{u2}-{a32} ~
telnyx KEY{X30-34}_{A20-24} ~
messagebird (live|test)_{A25} !
beamer b_{v44} !
flutterwave FLWSECK_TEST-{A12-40} ~
flutterwave FLWSECK-{A12-40} ~
razorpay rzp_(live|test)_{A14-24} ~
mercadopago (APP_USR|TEST)-{d12-20}-{d6}-{h32}-{d5-12}
postman PMAK-{h24}-{h34}
readme rdme_{a60-80} ~
scalingo tk-us-{u48}
openshift sha256~{u43}
lob (live|test)_{h35} !
octopus API-{U26} !
harness (pat|sat).{u22}.{h24}.{A20}
definednetworking dnkey-{u26}-{u52}
intra42 s-s4t2(ud|af)-{h64}
sourcegraph sgp_{H40} !
sourcegraph sgp_{H16}_{H40} !
sourcegraph sgp_local_{H40}
sourcegraph (slk|sgd|sgs|sgr)_{H40-64} !
lightstep LS-{u30-80} ~
settlemint sm_(aat|pat|sat)_{A16} !
gitea gta_{h40}
freemius sk_{u29} !
confluent cflt{b56-70} ~
weblate wl(u|p)_{A36-50} ~
endor endr+{A16} !
clojars CLOJARS_{a60} ~
authress (sc|ext|scauth|authress)_{a5-30}.{a4-6}.acc{u10-32}.{b30-120} ~
redirectpizza rpa_{a65} ~
ngrok (ak|cr)_{A26-29} !
openvsx ovsxat_{A30-60} ~
openvsx ovsxat_{g36}
paddle pdl_(live|sdbx)_apikey_{a26}_{A22}_{A3}
polar polar_(pat|oat|at|ot|cs|whs|ci|rt)_{A28-70}
xendit xnd_(production|development|public_production)_{A40-80}
mollie (live|test|access)_{A30} !
omise skey_{a19-24} ~
omise skey_test_{a19-24}
klarna klarna_(live|test)_api_{e40-200}
checkout sk_sbox_{a27} ~
gocardless (live|sandbox)_{v40} !
"""
_AI = """
anthropic sk-ant-{u16-250}
anthropic sk-ant-(api|oat|admin|ort|sid){d2}-{u60-120}
openai sk-(proj|svcacct|admin|None)-{u20-250}
openai sk-{A20}T3BlbkFJ{A20}
openai sk-{A32-60} ~
openai sk-{u20-300} ^
openai sess-{A40}
openrouter sk-or-v1-{h64}
langfuse (sk|pk)-lf-{h8}-{h4}-{h4}-{h4}-{h12}
helicone sk-helicone-{u20-60} ~
helicone pk-helicone-{u20-60} ~
xai xai-{A60-100}
groq gsk_{A40-60} ~
perplexity pplx-{A30-60}
huggingface hf_{A30-40} ~
huggingface hf_oauth_{u30-400} ~
huggingface api_org_{A30-40}
replicate r8_{A30-40} ~
fireworks fw_{A20-30} ~
fireworks fpk_{A24-40} ~
cerebras csk-{a40-60} ~
elevenlabs sk_{h48} !
pinecone pcsk_{A4-7}_{A50-70}
pinecone pckey_{A30-80} ~
langsmith lsv2_(pt|sk|pk)_{h32}_{h10}
langsmith ls__{h32} !
tavily tvly-{A28-40} ~
tavily tvly-(dev|prod)-{A28-40}
firecrawl fc-{h32} !
jina jina_{A50-70} ~
voyage pa-{u40-50} ~
modal (ak|as)-{A22} !
runpod rpa_{U36-60} ~
e2b e2b_{h40}
e2b sk_e2b_{h40}
cursor (key|crsr)_{h64} !
cursor sk_cursor_{A30-80} ~
together tgp_v1_{u40-50}
nvidia nvapi-{u40-80}
wandb wandb_v1_{w40-120}
lambda secret_{a8-40}_{h32}.{A32}
llamacloud llx-{A40-60} ~
comet ck-{A40-50} ~
browserbase bb_live_{u20-50}
apify apify_api_{A30-60}
anyscale (esecret|aph0|ash0)_{A20-60} ~
friendli flp_{A40-60} ~
lancedb sk_{T40-60} !
vectara (zut|zwt|zqt)_{u20-60} ~
turbopuffer tpuf_{A24-50} ~
runway key_{h128} !
moonshot sk-kimi-{A40-80}
volcengine AKLT{A30-60} ~
nomic nk-{u40-60} ~
braintrust (sk|bt-st)-{A40-60} ~
portkey pk-portkey-{u20-60} ~
stability sk-{A48} ~
unkey unkey_{A20-40} ~
inngest signkey-(prod|test|branch)-{h40-80}
trigger tr_(dev|prod|stg|preview)_{A18-30} ~
axiom xa(at|pt|it)-{g36}
checkly cu_{h32} !
xata xau_{A32-60} ~
tinybird p.eyJ{u20-400}.{u20-60}
fauna fnA{u35-60} ~
retool retool_01{a20-40} ~
zuplo zpka_{a32}_{h8}
stytch secret-(live|test)-{v30-60}
ory ory_(pat|at|rt|ac|st|apikey)_{A30-100}
cal cal_live_{h32}
cal cal_{h32} !
kong (kpat|spat)_{A36-60} ~
alchemy alch(t|_){A24-40} ~
kaggle KGAT_{h32}
onesignal os_v2_(app|org)_{t100-110}
ntfy tk_{a29} !
klaviyo pk_{h34} !
convertkit kit_{h32} !
rootly rootly_{h64}
socket sktsec_{w20-60}
stackhawk hawk.{u18-24}.{u18-24}
statsig (secret|console)-{A40-60} ~
depot depot_(project|org|user)_{h50-90}
namespace nsct_{z30-400} ~
namespace nscloud_{z30-400} ~
gitguardian ggtt-v-{A10-60}
semgrep sgcli_{A30-80} ~
liveblocks sk_(dev|prod)_{u20-80} ~
knock sk_(dev|prod|test|live)_{u20-80} ~
convex (prod|dev|preview):{a8-40}|{j40-400}
"""
_KEYS = """
private-key b3BlbnNzaC1rZXktdjE{e40-4000}
private-key MII{A1}{b2}IBADA{e40-4000}
private-key MII{A1}{b2}IBAAK{e40-4000}
private-key MC4CAQAwBQYDK2Vw{e40-80}
private-key MIGHAgEAMBMGByqGSM49{e60-200}
private-key M(Hc|IGkAgEBBD|IHcAgEBB){e60-300} ~
private-key RWRTY0Iy{e100-260}
private-key lQ(OY|PG|HY|VY|dG|cY){b60-4000} ~
hash $(2a|2b|2y|2x)${d2}${s53}
hash $argon2(id|i|d)$v={d1-3}$m={d1-8},t={d1-4},p={d1-3}${b8-100}${b16-200}
hash $(1|5|6|y|7|apr1|md5)${s1-20}${s20-100}
hash $(5|6)$rounds={d3-9}${s1-20}${s20-100}
hash $y$j9T${s4-40}${s20-100}
hash $pbkdf2-(sha256|sha512)${d1-9}${s8-60}${s20-120}
hash $scrypt$ln={d1-3},r={d1-3},p={d1-3}${b8-60}${b16-120}
hash (pbkdf2_sha256|pbkdf2_sha1)${d3-9}${A8-60}${e20-100}
hash scrypt:{d3-9}:{d1-3}:{d1-3}${A8-40}${h64-200}
hash pbkdf2:sha(256|512|1):{d3-9}${A8-40}${h40-200}
hash bcrypt_sha256$$(2a|2b|2y)${d2}${s53}
hash argon2$argon2(id|i|d)$v={d1-3}$m={d1-8},t={d1-4},p={d1-3}${b8-100}${b16-200}
"""
# Where it can be looked up, when it was written down, the rows. Few rows were compared with that source one by one.
TABLE = (
    ("what the services' own documentation says of their tokens, as commonly known", "2026-12", _VENDORS),
    ("the same of AI services and of newer tools; their forms change most often", "2026-12", _AI),
    ("RFC 4253, 5208, 5958; crypt(5); the formats of libraries for password hashes", "2026-12", _KEYS),
)

# Tokens without a telling beginning are known only beside the service's name.
_BESIDE = """
adafruit u32
airtable A17
algolia h32
asana k35-70 h32
assemblyai h32
auth0 u64
baseten z41 A8-64
bittrex a32
circleci h40
clearbit u35
cloudflare u37-40
coinbase A16-64
cohere A40
codecov g36 A32
confluent A16 A64
contentful u43
coralogix A30-40
datadog h32 h40
dd_api_key h32
dd_app_key h40
deepgram h40
deepl g36-40
deepseek A32-64
discord h64 A32 u59
drone a32
droneci a32
elastic v20-100
etherscan U34
etsy a24
exa g36
fastly u32
figma g36
finnhub a20
finicity h32 A20
flickr a32
foursquare U48
freshbooks a64
freshdesk A20
ghost k89
gitter h40
gitea h40
gorgias h64
heroku g36
hetzner A64
honeycomb A22 h32
infura h32
ipinfo h14
ipstack h32
jenkins h32 h34
jfrog a64 A73
jotform h32
kraken e80-90
kucoin h24 g36
lambda h32
launchdarkly v40
linkedin a14 a16 A16
linode h64
looker a20 a24
mailchimp h32
mailjet h32
mandrill u22
mattermost a26
messagebird a25
mistral A32
mixpanel h32
mongodb g36
netlify v40-46
newsapi h32
ngrok A26-50 w40-60
nytimes v32
okta u42
openweather h32
openweathermap h32
opsgenie g36
ovh A16 A32
pagerduty u20
paypal u80
pipedrive h40
plaid a24 a30
postmark g36
privateai a32
pusher h20
railway g36
rapidapi u50
recurly h32
reddit u27-40
rollbar h32
scaleway g36
semaphore h40
sendbird h40
shodan A32
smartsheet A26 A37
snyk g36
sonarqube h40
sonar h40 a40
splunk g36
spotify h32
squarespace g36
stability A48
sumologic A64
teamcity A40-200
telegram u35
together h64
travis A22
travisci A22
trello h32 h64 A32
twilio h32
twitch a30
twitter A25 A50 A35-44
typesense A32
upstash e40-120
vercel A24
virustotal h64
vonage A16
vultr U36
wakatime g36
wandb h40
weaviate A36-60
weatherapi h32
yandex a30-80
youtube u39
zapier A20-60
zendesk a40
zhipu z49
zoom A22-32
"""


def rows() -> list[tuple[str, str, str]]:
    """Return kind, form and mark of each row."""
    found: list[tuple[str, str, str]] = []
    for _source, _taken, text in TABLE:
        for line in text.split("\n"):
            if line:
                kind, form, *mark = line.split(" ")
                found.append((kind, form, mark[0] if mark else ""))
    return found


def beside() -> dict[str, list[str]]:
    """Return, by the name of a service, the alphabets and lengths of tokens that are known only beside it."""
    found: dict[str, list[str]] = {}
    for line in _BESIDE.split("\n"):
        name, _blank, forms = line.partition(" ")
        if name:
            found[name] = [str(form) for form in forms.split(" ")]
    return found
