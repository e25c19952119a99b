"""Lines that the rules must hit, and lines that they must not: semgrep --test reads the remarks."""

# ruleid: row-written-past-its-act
Record.objects.create(a=1)
# ruleid: row-written-past-its-act
Record.objects.filter(a=1).update(a=2)
# ruleid: row-written-past-its-act
Record.objects.filter(a=1).delete()
# ok: row-written-past-its-act
Record.objects.filter(a=1).first()

# ruleid: markup-made-from-text
mark_safe("<b>" + name)
# ruleid: markup-made-from-text
format_html(f"<b>{name}</b>")
# ok: markup-made-from-text
format_html("<b>{}</b>", name)

# ruleid: sql-made-from-text
cursor.execute(f"SELECT {name}")
# ruleid: sql-made-from-text
cursor.execute("SELECT %s" % name)
# ruleid: sql-made-from-text
rows.extra(where=["1=1"])
# ok: sql-made-from-text
cursor.execute("SELECT %s", [name])

try:
    work()
except ValueError as error:
    # ruleid: text-of-an-error-in-a-log
    log.error("failed: %s", error)
    # ruleid: text-of-an-error-in-a-log
    log.exception("failed")
    # ok: text-of-an-error-in-a-log
    log.error("failed: %s", type(error).__name__)

# ruleid: network-client-in-a-room
import requests

# ruleid: network-client-in-a-room
from urllib.request import urlopen

# ok: network-client-in-a-room
from urllib.parse import urlsplit


# ruleid: door-without-form-token
@csrf_exempt
def door(request):
    pass


# ok: door-without-form-token
def other_door(request):
    pass


# ruleid: file-written-by-a-room
path.write_text(result)
# ruleid: file-written-by-a-room
open("result.csv", "w")
# ok: file-written-by-a-room
open("kinds.toml", "rb")

# ruleid: code-made-from-bytes
pickle.loads(body)
# ruleid: code-made-from-bytes
subprocess.run(words, shell=True)
# ok: code-made-from-bytes
subprocess.run(words)
