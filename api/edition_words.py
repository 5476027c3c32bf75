"""The words of editions: what became of a file, kinds of changes with their colours, levels of findings."""

from __future__ import annotations

from geo.errors import Text

# Long work is over in these.
OVER = frozenset(("compared", "refused", "cancelled", "failed", "settled", "dropped"))
STATES = {
    "waiting": Text("รอตรวจ", "Waiting"), "examining": Text("กำลังตรวจ", "Being examined"),
    "compared": Text("ตรวจแล้ว รอท่านตัดสิน", "Checked; waits for you"),
    "settling": Text("กำลังเขียน", "Being written"), "settled": Text("เสร็จแล้ว", "Settled"),
    "refused": Text("รับไม่ได้", "Cannot be taken"), "cancelled": Text("ยกเลิกแล้ว", "Cancelled"),
    "failed": Text("ไม่สำเร็จ", "Failed"), "dropped": Text("ทิ้งแล้ว", "Dropped"),
}  # fmt: skip
CHANGE_STATES = {
    "open": Text("รอตัดสิน", "Open"), "accepted": Text("รับแล้ว", "Accepted"), "declined": Text("ไม่รับ", "Declined"),
    "stale": Text("ข้อมูลเปลี่ยนไปแล้ว ต้องเทียบใหม่", "Changed here meanwhile; compare again"),
    "refused": Text("แถวในไฟล์รับไม่ได้แล้ว", "Its rows in the file are refused by now"),
}  # fmt: skip
LEVELS = {
    "error": Text("ผิดพลาด", "Error"), "warning": Text("เตือน", "Warning"), "note": Text("ข้อสังเกต", "Note"),
}  # fmt: skip
COUNTED = {
    "rows": Text("แถว", "rows"), "pairs": Text("คู่", "pairs"), "gaps": Text("ช่อง", "gaps"),
    "columns": Text("คอลัมน์", "columns"), "files": Text("ไฟล์", "files"),
    "buildings": Text("อาคาร", "buildings"),
}  # fmt: skip
KINDS = {
    "ELSEWHERE": Text("รหัสเดิม คนละที่", "Same code, elsewhere"),
    "REARRANGED": Text("จัดรูปแปลงใหม่", "Re-subdivided"),
    "SPLIT": Text("แบ่งแยก", "Split"),
    "MERGE": Text("รวมแปลง", "Merged"),
    "BOUNDARY_CHANGE": Text("แนวเขตเปลี่ยน", "Boundary changed"),
    "RECODED": Text("เปลี่ยนรหัส", "Code changed"),
    "NEW": Text("แปลงใหม่", "New"),
    "RETIRED": Text("ยกเลิก", "Retired"),
    "MISSING": Text("ไม่มีในไฟล์ (คงไว้)", "Not in the file (stays)"),
    "TRANSFER": Text("โอนหรือแก้เจ้าของ", "Transferred or owner corrected"),
    "VALUES": Text("ค่าอื่นเปลี่ยน", "Other values"),
}
# Told apart by colour-blind people too: Okabe and Ito's, with greys for what has gone.
COLORS = {
    "ELSEWHERE": "#000000", "REARRANGED": "#cc79a7", "SPLIT": "#e69f00", "MERGE": "#56b4e9",
    "BOUNDARY_CHANGE": "#f0e442", "RECODED": "#0072b2", "NEW": "#009e73", "RETIRED": "#7a7a7a", "MISSING": "#b8b8b8",
    "TRANSFER": "#d55e00", "VALUES": "#8c6bb1",
}  # fmt: skip
