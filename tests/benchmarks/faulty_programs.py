"""The programs of the grouping benchmark: what is called in each package, and the routes to a failure.

Everything here is text that is written into a temporary folder and run there.
"""

from __future__ import annotations

# requirement, the files that faults are put into, the body of `work(text)`, inputs
PACKAGES: dict[str, tuple[list[str], str, str, list[str]]] = {
    "markdown": (
        ["markdown"],
        "markdown",
        "import markdown\nEXTENSIONS = ['tables', 'fenced_code', 'footnotes', 'toc', 'def_list', 'attr_list']\n"
        "def work(text):\n    return markdown.markdown(text, extensions=EXTENSIONS)\n",
        [
            "# Title\n\nplain *text* and **bold**", "* a\n* b\n    * c\n", "1. one\n2. two\n\n   more", "> quoted\n> more",
            "a | b\n--|--\n1 | 2\n", "```python\nprint(1)\n```\n", "note[^1]\n\n[^1]: the note", "[link](http://x.y 'title')",
            "![img](a.png)\n\n<div>raw</div>", "term\n: definition\n", "[TOC]\n\n# A\n\n## B {#b}\n", "`code` \\* &amp; <http://a.b>",
            "Setext\n======\n\n---\n", "[ref][1]\n\n[1]: http://a.b\n", "    indented\n    code\n", "line  \nbreak",
        ],
    ),
    "jinja2": (
        ["jinja2", "markupsafe"],
        "jinja2",
        "import jinja2\nPARTS = {'base': '<{% block b %}base{% endblock %}>', 'macro': '{% macro m(x) %}[{{ x }}]{% endmacro %}'}\n"
        "def work(text):\n    env = jinja2.Environment(loader=jinja2.DictLoader(PARTS))\n"
        "    return env.from_string(text).render(name='ann', items=[3, 1, 2], d={'a': 1})\n",
        [
            "hello {{ name }}", "{% for i in items %}{{ loop.index }}{{ i }}{% endfor %}", "{{ items|sort|join(',') }}",
            "{% if name == 'ann' %}yes{% else %}no{% endif %}", "{% extends 'base' %}{% block b %}x{{ super() }}{% endblock %}",
            "{% from 'macro' import m %}{{ m(1) }}", "{% set x = 1 + 2 * 3 %}{{ x }}", "{{ d.a }}{{ d['a'] }}{{ missing }}",
            "{{ name|upper|replace('A', 'B') }}", "{% raw %}{{ x }}{% endraw %}{# note #}", "{{ 'a' if items else 'b' }}",
            "{% macro f(a, b=2) %}{{ a }}{{ b }}{% endmacro %}{{ f(1) }}", "{% filter upper %}x{% endfilter %}",
            "{{ items|map('string')|list }}", "{{ items is defined }}{{ 3 is odd }}", "{% with y = 2 %}{{ y }}{% endwith %}{{ 1 ~ 2 }}",
        ],
    ),
    "tomli": (
        ["tomli==2.0.1"],
        "tomli",
        "import tomli\ndef work(text):\n    return tomli.loads(text)\n",
        [
            "a = 1", "b = 'x'\nc = \"y\\n\"", "[t]\nx = 1.5\n[t.u]\ny = true", "[[list]]\nn = 1\n[[list]]\nn = 2",
            "d = 2020-01-02T03:04:05Z", "l = [1, 2,\n 3]", "i = {a = 1, b = 2}", "a.b.c = 1\na.b.d = 2", "s = \"\"\"\nmany\nlines\"\"\"",
            "h = 0xff\no = 0o7\nb = 0b1", "t = 07:32:00\nd = 1979-05-27", "# comment\n\nx = 1 # more", "l = '''raw\n'''", "f = 1e5\ng = inf",
            "\"quoted key\" = 1\n'other' = 2", "u = \"\\u00e9\"", "[x]\n[x.y]\nz = []",
        ],
    ),
    "sqlparse": (
        ["sqlparse"],
        "sqlparse",
        "import sqlparse\ndef work(text):\n    found = sqlparse.parse(text)\n"
        "    return [one.get_type() for one in found], sqlparse.format(text, reindent=True, keyword_case='upper', strip_comments=True)\n",
        [
            "select 1", "select a, b from t where x = 1 and y in (1, 2)", "insert into t (a, b) values (1, 2)", "update t set a = 1 where b = 2",
            "select * from a join b on a.x = b.x order by a.x desc", "-- note\nselect 1;\nselect 2;", "create table t (a int, b text)",
            "select case when a then 1 else 2 end as c from t", "with q as (select 1) select * from q", "delete from t",
            "select count(*) as n from t group by a having count(*) > 1", "select a /* in */ from t", "begin; update t set a = 1; commit;",
            "select f(a, g(b)) over (partition by c)", "select 'it''s' || \"x\".y", "select a from t union all select b from u limit 3",
        ],
    ),
    "tabulate": (
        ["tabulate"],
        "tabulate",
        "import tabulate\ndef work(text):\n    form, align, *rows = text.split('|')\n"
        "    table = [[float(c) if c.replace('.', '').isdigit() else c or None for c in row.split(',')] for row in rows]\n"
        "    return tabulate.tabulate(table, headers='firstrow' if align == 'h' else (), tablefmt=form, stralign='right' if align == 'r' else 'left')\n",
        [
            "plain||1,2|3,4", "grid|h|a,b|1,2", "github|h|name,n|x,1.5|y,22", "html|r|a,b|c,d", "pipe||1.25,2|33,4", "simple|h|a|1|2",
            "latex||x,y|z,w", "fancy_grid|h|a,b|,2|3,", "tsv||1,2|3,4", "rst|r|a,1|bb,22", "psql|h|k,v|a,1", "orgtbl||1,x|2,y", "jira|h|a,b|1,2",
            "plain||é,ü|1,2", "rounded_outline|h|a,b|long text,2", "outline|r|1",
        ],
    ),
    "dateutil": (
        ["python-dateutil==2.9.0.post0", "six"],
        "dateutil",
        "from datetime import datetime\nfrom dateutil import parser, rrule, relativedelta, tz\nBASE = datetime(2020, 1, 2, 3, 4, 5)\ndef work(text):\n"
        "    kind, _, rest = text.partition('|')\n    if kind == 'rule':\n        return list(rrule.rrulestr(rest, dtstart=BASE))[:5]\n"
        "    if kind == 'delta':\n        return BASE + relativedelta.relativedelta(**dict((k, int(v)) for k, v in (p.split('=') for p in rest.split(','))))\n"
        "    if kind == 'zone':\n        return BASE.replace(tzinfo=tz.gettz(rest)).isoformat()\n    return parser.parse(rest, default=BASE)\n",
        [
            "parse|2020-01-02", "parse|Jan 5 2021 10:30 PM", "parse|10/11/12", "parse|20210203T040506Z", "parse|Thu, 25 Sep 2003 10:49:41 -0300",
            "parse|3rd of May 2001", "parse|10h36m28.5s", "rule|FREQ=DAILY;COUNT=3", "rule|FREQ=WEEKLY;BYDAY=MO,WE;COUNT=4", "rule|FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=2",
            "rule|FREQ=YEARLY;BYEASTER=0;COUNT=2", "delta|months=1,days=2", "delta|years=-1,hour=3", "delta|leapdays=1,month=2", "zone|UTC", "zone|EST5EDT", "parse|12 am tomorrow"[:11],
        ],
    ),
}  # fmt: skip

# what no mutation makes: messages that vary, and two failures at one call site
SERVICE = '''
"""Faults of a service: one cause each, named by the first word of the input."""
import random, tempfile, time, uuid
from urllib.error import HTTPError


def fetch(url, status):
    words = {500: "Internal Server Error", 503: "Service Unavailable"}
    if status:
        raise HTTPError(url, status, words[status], {}, None)
    return "ok"


def check(order):
    if order["amount"] < 0:
        raise ValueError(f"order {uuid.uuid4()} in /data/{random.randrange(10**6)}/in.csv refused at {time.time():.3f}")


def lookup(table, key):
    return table[key]


def age(person):
    return person.get("born") - 1


def opened(name):
    with open(name) as file:
        return file.read()


def parsed(text):
    return int(text)


def deeper(n):
    return deeper(n + 1) if n >= 0 else n


def work(text):
    kind = text.split()[0]
    number = random.randrange(10**6)
    if kind in ("500", "503"):
        fetch(f"http://api.test/items/{number}", int(kind))
    elif kind == "refused":
        check({"amount": -number - 1})
    elif kind == "key":
        lookup({"a": 1}, f"user-{number}")
    elif kind == "none":
        age({"name": "ann"})
    elif kind == "file":
        opened(f"{tempfile.gettempdir()}/missing-{number}.csv")
    elif kind == "number":
        parsed(f"{number}x")
    elif kind == "deep":
        deeper(random.randrange(50))
    else:
        fetch("http://api.test", 0), check({"amount": 1}), lookup({"a": 1}, "a"), age({"born": 3}), parsed("3")
        deeper(-1)
    return kind
'''
FAULTS_OF_SERVICE = ("500", "503", "refused", "key", "none", "file", "number", "deep")

JOB = '''
"""One job, reached by a route: python job.py ROUTE NUMBER"""
import asyncio, concurrent.futures, logging, multiprocessing, random, subprocess, sys, threading, time
from inputs import INPUTS
from program import work


class JobError(Exception):
    pass


def direct(text):
    print(len(str(work(text))))


def thread(text):
    done = []

    def run():
        done.append(work(text))

    worker = threading.Thread(target=run)
    worker.start()
    worker.join()
    if not done:
        sys.exit(1)


def pool(text):
    with concurrent.futures.ThreadPoolExecutor(1) as workers:
        print(len(str(workers.submit(work, text).result())))


async def _task(text):
    await asyncio.sleep(0)
    return work(text)


async def _gather(text):
    return await asyncio.gather(_task(text), asyncio.sleep(0))


def task(text):
    print(len(str(asyncio.run(_gather(text)))))


def child(text):
    subprocess.run([sys.executable, __file__, "direct", str(INPUTS.index(text))], check=True)


def process(text):
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as workers:
        print(len(str(workers.submit(work, text).result())))


def wrapped(text):
    try:
        work(text)
    except Exception as error:
        raise JobError(f"job {random.randrange(10**6)} failed at {time.time()}") from error


def unclean(text):
    try:
        work(text)
    finally:
        if sys.exc_info()[0]:
            close(None)


def close(handle):
    handle.close()


def probing(text):
    try:
        {}["cache"]
    except KeyError:
        work(text)


def again(text):
    for attempt in range(3):
        try:
            return work(text)
        except Exception:
            if attempt == 2:
                raise
    return None


def printed(text):
    try:
        work(text)
    except Exception as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


def logged(text):
    try:
        work(text)
    except Exception:
        logging.exception("job %s failed", random.randrange(10**6))
        return leave(2)


def leave(status):
    print("giving up")
    sys.exit(status)


if __name__ == "__main__":
    globals()[sys.argv[1]](INPUTS[int(sys.argv[2])])
'''
ROUTES = (
    "direct", "thread", "pool", "task", "child", "process", "wrapped", "unclean", "probing", "again", "printed", "logged",
)  # fmt: skip

PROBE = '''
"""Which inputs fail, and which functions of the package are executed."""
import json, sys
from inputs import INPUTS

seen = set()
folder = sys.argv[1]


def tell(frame, event, _):
    if folder in frame.f_code.co_filename:
        seen.add((frame.f_code.co_filename, frame.f_code.co_firstlineno))


if len(sys.argv) > 2:
    sys.settrace(tell)
found = []
try:
    from program import work
except Exception as error:
    found = ["import"]
else:
    for text in INPUTS:
        try:
            work(text)
            found.append(None)
        except Exception as error:
            found.append(type(error).__name__)
sys.settrace(None)
json.dump([found, sorted(seen)], sys.stdout)
'''
