"""Words of addresses that have a short form: types of streets, directions, parts of a house.

Source: USPS Publication 28, appendices B (directions, states), C1 (types of streets), C2 (units);
Canadian Addressing Guide (the same in French, and provinces).
"""

from __future__ import annotations

__all__ = ["DIRECTIONS", "LEADS", "LONG", "REGIONS", "TYPES", "UNITS"]

_TYPES = """
    aly alley allee ally | anx annex | arc arcade | ave avenue av aven avenida avn | bch beach
    bnd bend | blf bluff | blvd boulevard boul boulv bd | br branch | brg bridge | brk brook
    byp bypass | cswy causeway | ctr center centre | ch chemin | cir circle circ | clf cliff
    clb club | cmn common | cor corner | crse course | ct court crt | cv cove | crk creek
    cres crescent croissant crois | xing crossing | xrd crossroad | dl dale | dr drive drv doctor
    est estate | expy expressway | ext extension | fry ferry | fld field | flt flat | frd ford
    frst forest | frk fork | ft fort | fwy freeway | gdn garden | gdns gardens | gtwy gateway
    gln glen | grn green | grv grove | hbr harbor harbour | hvn haven | hts heights | hwy highway
    hl hill | hls hills | imp impasse | is island | jct junction | ky key | knl knoll | lk lake
    lndg landing | ln lane | lgt light | ldg lodge | mnr manor | mdw meadow | mdws meadows
    ml mill | msn mission | mtwy motorway | mt mount | mtn mountain | nck neck | orch orchard
    pkwy parkway parkwy | psge passage | pl place | pln plain | plz plaza | pt point | prt port
    prom promenade | pvt private | quai quay | rnch ranch | rdg ridge | riv river | rd road
    rte route | r rue | sq square | sqrs squares | shr shore | spg spring | sta station
    stra stravenue | strm stream | st street saint strt | ste sainte | smt summit | ter terrace
    trl trail | trce trace | tunl tunnel | tpke turnpike | upas underpass | vly valley | vw view
    vlg village | vl ville | vis vista | wlk walk | whf wharf | way wy | str strasse
"""
_DIRECTIONS = """
    n north nord | s south sud | e east | w west | ne northeast | nw northwest
    se southeast | sw southwest | o ouest
"""
_OTHERS = """
    unit apt apartment suite appartement app | fl floor | rm room | bldg building | dept department
    1st first | 2nd second | 3rd third | 4th fourth | 5th fifth | 6th sixth | 7th seventh
    8th eighth | 9th ninth | 10th tenth
"""

_REGIONS = """
    al alabama | ak alaska | az arizona | ar arkansas | ca california | co colorado
    ct connecticut | de delaware | dc district of columbia | fl florida | ga georgia | hi hawaii
    id idaho | il illinois | in indiana | ia iowa | ks kansas | ky kentucky | la louisiana
    me maine | md maryland | ma massachusetts | mi michigan | mn minnesota | ms mississippi
    mo missouri | mt montana | ne nebraska | nv nevada | nh new hampshire | nj new jersey
    nm new mexico | ny new york | nc north carolina | nd north dakota | oh ohio | ok oklahoma
    or oregon | pa pennsylvania | pr puerto rico | ri rhode island | sc south carolina
    sd south dakota | tn tennessee | tx texas | ut utah | vt vermont | va virginia
    wa washington | wv west virginia | wi wisconsin | wy wyoming
    ab alberta | bc british columbia | mb manitoba | nb new brunswick
    nl newfoundland and labrador | ns nova scotia | nt northwest territories | nu nunavut
    on ontario | pe prince edward island | qc quebec | sk saskatchewan | yt yukon
"""


def _groups(text: str) -> list[list[str]]:
    """Spellings of one word each, its short form first."""
    return [each.split() for line in text.splitlines() for each in line.split("|") if each.strip()]


TYPES = frozenset(group[0] for group in _groups(_TYPES))
"""Short forms of the types of streets."""

DIRECTIONS = frozenset(group[0] for group in _groups(_DIRECTIONS))

UNITS = frozenset(("unit", "ste", "fl", "rm", "bldg"))
"""What stands before the number of a part of a house; `ste` is Suite as well as Sainte."""

LEADS = {long: short for short, *others in _groups(_DIRECTIONS) for long in others}
"""Each direction that is written out, with its short form."""

LONG = LEADS | {
    long: short for short, *others in _groups(_TYPES) + _groups(_OTHERS) for long in others
}
"""Each word that has a short form, with that."""

REGIONS = {code: name for code, *words in _groups(_REGIONS) for name in [" ".join(words)]}
"""The states of the USA and the provinces of Canada: the name of each code."""
