"""What each code of a finding is called, how bad it is, and what an officer does about it."""

from __future__ import annotations

from dataclasses import dataclass

from geo.errors import Text
from geo.intake.doctor.finding import ERROR, NOTE, WARNING

# What files ordinarily have, and what loading them takes care of: worth no line of an officer's time.
ORDINARY = frozenset(("buddhist-year", "buddhist-date", "single-multipoint", "reader-warning", "first-release"))
LEVEL_OF_A_LOAD = {"error": ERROR, "warning": WARNING, "changed": NOTE}


@dataclass(frozen=True, kw_only=True)
class Words:
    """A finding's level, its title, and what to do."""

    level: str
    title: Text
    advice: Text


def _words(level: str, th: str, en: str, do_th: str, do_en: str) -> Words:
    return Words(level=level, title=Text(th, en), advice=Text(do_th, do_en))


_LOOK = (
    "ดูแถวเหล่านี้ในโปรแกรมต้นทาง แก้แล้วส่งใหม่",
    "look at these rows in the program they come from, mend them and send the file again",
)
_EMPTY = ("ไม่ต้องทำอะไร ระบบเก็บเป็นค่าว่าง หรือแก้ที่ต้นทาง", "nothing: they are kept as empty; or mend them at the source")
_DRAW = ("เปิดดูบนแผนที่แล้วแก้แนวเขตที่ต้นทาง", "look at the places on the map and mend the outlines at the source")
_ASK = (
    "เลือกค่าที่ถูกหรือเพิ่มคำพ้องในรายการรหัส ค่าที่ไม่รู้จักจะเก็บเป็นค่าว่าง",
    "map them to a code, or add a spelling to the code list; what is unknown is kept as empty",
)
_MENDED = ("ตรวจตัวอย่าง ถ้าถูกแล้วไม่ต้องทำอะไร", "look at some of them; if they are right there is nothing to do")

WORDS = {
    # whole files
    "identical-file": _words(
        WARNING,
        "ไฟล์เดิมที่เคยนำเข้าแล้ว",
        "The very file that was loaded before",
        "ถ้าตั้งใจส่งไฟล์ใหม่ ให้ตรวจว่าเลือกถูกไฟล์",
        "if a newer file was meant, see that the right one was chosen",
    ),
    "count-jump": _words(
        WARNING,
        "จำนวนแถวต่างจากเดิมมาก",
        "Many more or fewer rows than here",
        "ตรวจว่าไฟล์ครบทั้งเมืองและเป็นเทศบาลที่ถูก",
        "see that the file is of the whole town, and of the right one",
    ),
    "field-removed": _words(
        WARNING,
        "คอลัมน์ที่เคยมีหายไป",
        "Columns that the last file had are missing",
        "ส่งออกใหม่ให้ครบทุกคอลัมน์ หรือยืนยันว่าไม่ใช้แล้ว",
        "export the file with them, or make sure that nobody needs them",
    ),
    "new-public-candidate": _words(
        NOTE,
        "คอลัมน์ใหม่ที่ยังไม่มีที่เก็บ",
        "New columns without a place",
        "คอลัมน์เหล่านี้จะไม่ถูกเก็บและไม่เผยแพร่ จนกว่าจะกำหนดว่าใครเห็นได้",
        "they are neither kept nor published until somebody says who may see them",
    ),
    "encoding-overruled": _words(
        NOTE,
        "ไฟล์ .cpg บอกรหัสอักขระผิด",
        "The .cpg names another encoding",
        "ไม่ต้องทำอะไร ระบบดูจากตัวอักษรในไฟล์",
        "nothing: the letters of the file decided",
    ),
    "encoding-damaged": _words(WARNING, "ตัวอักษรบางส่วนเสีย", "Damaged letters", *_LOOK),
    "deleted-rows": _words(
        NOTE,
        "มีแถวที่ถูกลบไว้ใน DBF",
        "Rows marked as deleted in the DBF",
        "ไม่ต้องทำอะไร แถวที่ลบแล้วไม่ถูกอ่าน",
        "nothing: they are not read",
    ),
    "datum": _words(
        NOTE, "พื้นหลักฐาน", "Datum", "ตรวจกับหมุดหรือภาพถ่ายหนึ่งจุดต่อระวาง", "check one surveyed corner of each sheet"
    ),
    "axes-swapped": _words(WARNING, "สลับละติจูดกับลองจิจูด", "Latitude and longitude exchanged", *_MENDED),
    "crs-overridden": _words(NOTE, "ใช้ระบบพิกัดตามที่สั่ง", "The coordinate system was chosen by hand", *_MENDED),
    "ambiguous-column": _words(
        WARNING,
        "ชื่อคอลัมน์มีได้หลายความหมาย",
        "A column may mean several things",
        "เลือกความหมายของคอลัมน์ (--map)",
        "say what the column means (--map)",
    ),
    "no-columns": _words(
        WARNING,
        "ไม่รู้จักคอลัมน์ใดเลย",
        "No column was recognised",
        "จับคู่คอลัมน์เอง (--map)",
        "match the columns by hand (--map)",
    ),
    "zone-means-other": _words(
        NOTE,
        "zone_id ในชั้นนี้ไม่ใช่เขตสำรวจ",
        "zone_id is no survey zone in this layer",
        "ไม่ต้องทำอะไร อย่านำไปเทียบกับ zone_id ของแปลง",
        "nothing: do not compare it with the zone_id of parcels",
    ),
    "formula-without-value": _words(
        WARNING,
        "สูตรที่ไม่มีผลลัพธ์เก็บไว้",
        "Formulas without an answer",
        "เปิดด้วย Excel แล้วบันทึกใหม่ก่อนส่ง",
        "open the file in Excel and save it before sending it",
    ),
    "cell-errors": _words(WARNING, "ช่องที่ Excel แสดงข้อผิดพลาด", "Cells that show an error of Excel", *_LOOK),
    "merged-headers": _words(
        NOTE, "หัวตารางผสานเซลล์", "Merged headers", "ตรวจการจับคู่คอลัมน์", "look at the matching of columns"
    ),
    "header-lower": _words(
        NOTE,
        "หัวตารางไม่ได้อยู่บรรทัดแรก",
        "The header is not the first row",
        "ตรวจการจับคู่คอลัมน์",
        "look at the matching of columns",
    ),
    # codes and keys
    "duplicate-key": _words(
        WARNING,
        "รหัสซ้ำ",
        "Repeated codes",
        "ระบบเก็บทุกแถว ให้ตรวจว่าเป็นแปลงเดียวกันหรือให้รหัสผิด",
        "every row is kept; see whether they are one lot, or a code was given twice",
    ),
    "no-key": _words(
        WARNING,
        "ไม่มีรหัส",
        "Rows without a code",
        "ใส่รหัสที่ต้นทาง แถวที่ไม่มีรหัสจับคู่กับข้อมูลเดิมไม่ได้",
        "give them a code; a row without one cannot be matched with what is here",
    ),
    "deed-repeated": _words(
        WARNING,
        "เลขเอกสารสิทธิ์ซ้ำ",
        "Repeated deed numbers",
        "ตรวจว่าเป็นโฉนดเดียวหลายรูปแปลง หรือพิมพ์ผิด",
        "see whether one deed has several shapes, or a number was mistyped",
    ),
    "deed-blank": _words(
        NOTE,
        "ไม่มีเลขเอกสารสิทธิ์",
        "Rows without a deed number",
        "ถูกต้องสำหรับที่ดินที่ไม่มีเอกสารสิทธิ์ นอกนั้นให้เติม",
        "right for land without a deed; fill in the others",
    ),
    "pattern": _words(WARNING, "รหัสผิดรูปแบบ", "Codes not written as they should be", *_LOOK),
    "key-composition": _words(
        WARNING,
        "รหัสแปลงไม่ตรงกับเขต/บล็อก/ล็อต",
        "Codes that do not agree with zone, block and lot",
        "ตรวจว่ารหัสหรือส่วนประกอบผิด ระบบไม่ประกอบรหัสใหม่ให้",
        "see whether the code or a part is wrong; a code is never rebuilt from its parts",
    ),
    "zone-contradicts": _words(
        NOTE,
        "zone_id ไม่ตรงกับเขตในรหัส (เก็บแบบบล็อก 3 ตัว)",
        "zone_id is not the zone of the code (blocks of three letters)",
        "ไม่ต้องทำอะไร ระบบใช้เขตจากรหัสแปลง ไม่เติมศูนย์หน้า zone_id",
        "nothing: the zone is read from the code, and zone_id is left as it is",
    ),
    "code-unjudged": _words(
        NOTE,
        "เทียบรหัสกับเขต/บล็อก/ล็อตไม่ได้",
        "Codes that cannot be compared with their parts",
        "เติมส่วนที่ว่างถ้าต้องการให้ตรวจได้",
        "fill in what is empty, if it should be checked",
    ),
    # cells
    "null-literal": _words(
        WARNING, "คำว่าง เช่น None, null, NaN, N/A, -", "Words for nothing (None, null, NaN, N/A, -)", *_EMPTY
    ),
    "mojibake": _words(
        WARNING,
        "ข้อความเพี้ยน",
        "Garbled text",
        "ส่งออกใหม่จากฐานข้อมูลต้นทางด้วยรหัสอักขระที่ถูก",
        "export it again from the database it comes from, in the right encoding",
    ),
    "text-cut": _words(
        WARNING,
        "ข้อความไทยเต็มช่อง อาจถูกตัด",
        "Thai text that fills its field, and may be cut",
        "ขยายช่องที่ต้นทางหรือส่งเป็น GeoPackage",
        "widen the field at the source, or send a GeoPackage",
    ),
    "text-mended": _words(NOTE, "ข้อความไทยที่จัดรูปใหม่", "Thai text put into standard form", *_MENDED),
    "unknown-code": _words(WARNING, "ค่าที่ไม่มีในรายการรหัส", "Values that are not in the code list", *_ASK),
    "new-value": _words(
        NOTE,
        "ค่าที่ยังไม่เคยมีในตาราง",
        "Values that nothing here has yet",
        "ตรวจว่าตั้งใจ ไม่ใช่พิมพ์ผิด",
        "see that they are meant and not mistyped",
    ),
    "not-a-number": _words(WARNING, "ไม่ใช่ตัวเลข", "Not numbers", *_LOOK),
    "not-whole": _words(WARNING, "ไม่ใช่จำนวนเต็ม", "Not whole numbers", *_LOOK),
    "too-large": _words(WARNING, "ตัวเลขใหญ่เกินไป", "Numbers that are too large", *_LOOK),
    "out-of-bounds": _words(WARNING, "ค่านอกช่วง", "Values out of their range", *_LOOK),
    "bad-date": _words(WARNING, "วันที่อ่านไม่ได้", "Dates that cannot be read", *_LOOK),
    "date-as-number": _words(
        WARNING,
        "วันที่เป็นตัวเลขของ Excel",
        "Dates as Excel's numbers",
        "จัดรูปแบบคอลัมน์เป็นวันที่ใน Excel แล้วบันทึกใหม่",
        "format the column as a date in Excel and save it again",
    ),
    "short-year": _words(
        WARNING,
        "ปีสองหลัก",
        "Years of two digits",
        "เขียนปีเต็มสี่หลัก ระบบไม่เดาว่า 67 คือ 2567 หรือ 1967",
        "write all four digits; nobody guesses whether 67 is 2567 or 1967",
    ),
    "mixed-years": _words(
        WARNING,
        "ปี พ.ศ. ปนกับ ค.ศ.",
        "Buddhist and Common Era years mixed",
        "ตรวจว่าปีที่เป็น ค.ศ. ถูกต้อง",
        "see that the years of the Common Era are right",
    ),
    # areas on paper
    "area-units": _words(
        WARNING,
        "งานเกิน 3 หรือตารางวาตั้งแต่ 100",
        "Ngan over 3, or wah of 100 and more",
        "แปลงหน่วยใหม่ เช่น 0-4-0 คือ 1-0-0",
        "carry them over: 0-4-0 is 1-0-0",
    ),
    "area-in-one-column": _words(
        NOTE,
        "เนื้อที่เขียนรวมในคอลัมน์เดียว (ไร่-งาน-วา)",
        "Area in one column (rai-ngan-wah)",
        "แยกเป็นไร่ งาน ตารางวา เพื่อให้นำเข้าได้",
        "split it into rai, ngan and wah, so that it can be loaded",
    ),
    "area-differs": _words(
        WARNING,
        "เนื้อที่ในเอกสารต่างจากในแผนที่",
        "Area on paper differs from the map",
        "ตรวจแนวเขตกับโฉนด หรือเนื้อที่ที่พิมพ์",
        "compare the outline with the deed, and the area as it was typed",
    ),
    # shapes
    "repaired": _words(WARNING, "รูปผิด ระบบซ่อมให้ได้", "Invalid shapes, which can be mended", *_DRAW),
    "trimmed": _words(WARNING, "มีส่วนที่ไม่ใช่พื้นที่ปนอยู่", "Parts of another kind of shape", *_DRAW),
    "no-geometry": _words(ERROR, "ไม่มีรูป", "Rows without a shape", *_LOOK),
    "bad-geometry": _words(ERROR, "รูปที่อ่านไม่ได้", "Shapes that cannot be read", *_LOOK),
    "geometry-kind": _words(
        ERROR, "ชนิดของรูปผิด", "The wrong kind of shape", "ตรวจว่าเลือกชั้นข้อมูลถูก", "see that the right layer was chosen"
    ),
    "outside-thailand": _words(
        ERROR,
        "อยู่นอกประเทศไทย",
        "Outside Thailand",
        "ตรวจระบบพิกัดของไฟล์ (--crs)",
        "check the file's coordinate system (--crs)",
    ),
    "outside-municipality": _words(
        WARNING,
        "อยู่นอกเขตเทศบาล",
        "Outside the municipality",
        "ตรวจว่าเป็นแปลงของเทศบาลนี้ และระบบพิกัดถูก",
        "see that they are this town's, and that the coordinate system is right",
    ),
    "overlap": _words(WARNING, "แปลงทับกัน", "Overlaps", *_DRAW),
    "gap": _words(WARNING, "ช่องว่างระหว่างแปลง", "Gaps between parcels", *_DRAW),
    "duplicate-shape": _words(
        WARNING, "รูปซ้ำกัน", "The same shape twice", "ลบรูปที่ซ้ำ หรือรวมเป็นแถวเดียว", "delete one, or join the rows"
    ),
    "sliver": _words(WARNING, "เศษแปลงแคบหรือเล็กผิดปกติ", "Slivers", *_DRAW),
    "across-parcels": _words(WARNING, "โรงเรือนคร่อมแนวแปลง", "Buildings across parcel lines", *_DRAW),
    "no-parcel": _words(
        WARNING,
        "ไม่มีแปลงที่มีรหัสนี้",
        "No parcel has this code",
        "นำเข้าแปลงก่อน หรือแก้รหัสแปลง",
        "load the parcels first, or mend the code",
    ),
    # the Land Department's list
    "unmatched": _words(
        WARNING,
        "ไม่พบแปลงในแผนที่ภาษี",
        "No parcel of the tax map is found",
        "ตรวจระวาง/เลขที่ดิน/โฉนด หรือเป็นแปลงใหม่",
        "check sheet, land number and deed; it may be a new parcel",
    ),
    "unknown-event": _words(
        NOTE,
        "ประเภทการจดทะเบียนที่ไม่รู้จัก",
        "Kinds of registration that are not known",
        "ถามสำนักงานที่ดินว่าหมายถึงอะไร",
        "ask the land office what they mean",
    ),
    "bad-person-id": _words(
        WARNING,
        "เลข 13 หลักไม่ถูกต้อง",
        "13-digit numbers that are wrong",
        "ตรวจกับต้นฉบับ รายงานไม่แสดงเลข",
        "check them with the original; this report shows none",
    ),
}


def words_for(code: str, level: str, told: Text) -> Words:
    """The words of a code; what has none of its own is told as the load tells it."""
    return WORDS.get(code) or Words(level=LEVEL_OF_A_LOAD.get(level, WARNING), title=told, advice=Text(*_LOOK))
