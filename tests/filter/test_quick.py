from tests.filter.things import made
from tests.filter.test_quick_cases import *


def test_quick(filter_engine):
    t = made(filter_engine, ROWS)
    bad = []
    for c in CASES:
        try:
            r = t.meeting(c)
            print("ok", c[:80], sorted(r))
        except Exception as e:
            from geo.errors import BadRequest

            if isinstance(e, BadRequest):
                print("400", c[:80], str(e)[:100])
            else:
                bad.append((c, type(e).__name__, str(e)[:300]))
                print("BAD", c[:80], type(e), str(e)[:300])
    assert not bad
