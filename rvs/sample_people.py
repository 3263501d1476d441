"""Invented people and centres for the sample data: many scripts, one-part names, very long ones."""

from typing import NamedTuple


class Centre(NamedTuple):
    """An exam centre."""

    number: str
    name: str
    city: str
    country: str


CENTRES = (
    Centre("GB599", "Fenland Assessment Centre", "CAMBRIDGE", "GB"),
    Centre("GB961", "Harbour Street College", "BRISTOL", "GB"),
    Centre("ES442", "Exámenes Castellón", "CASTELLON", "ES"),
    Centre("PL090", "Szkoła Językowa Wisła", "KRAKOW", "PL"),
    Centre("GR801", "Athens Exams", "ATHENS", "GR"),
    Centre("IT210", "Milano Lingue", "MILANO", "IT"),
    Centre("BR704", "Centro Porto Alegre", "PORTO ALEGRE", "BR"),
    Centre("VN015", "Trung tâm Hà Nội", "HA NOI", "VN"),
    Centre("TR033", "İzmir Sınav Merkezi", "IZMIR", "TR"),
    Centre("CN188", "Pearl River Examinations", "GUANGZHOU", "CN"),
    Centre("IN356", "Deccan Language Institute", "HYDERABAD", "IN"),
    Centre("AE120", "Gulf Examinations", "SHARJAH", "AE"),
    Centre("MX271", "Instituto del Valle", "PUEBLA", "MX"),
    Centre("JP044", "Kansai English Centre", "OSAKA", "JP"),
    Centre("CZ087", "Jazykové centrum Brno", "BRNO", "CZ"),
    Centre("ZA512", "Table Bay College", "CAPE TOWN", "ZA"),
)

# Given names and family names of one culture are paired, so that no script is mixed with another.
NAMES: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("Emily", "Oliver", "Grace", "Harry", "Seán", "Aoife"), ("O’Brien", "Smith-Jones", "Ní Bhriain", "McDonald")),
    (("Lucía", "Iñaki", "Ana María", "José Luis"), ("García Márquez", "Muñoz-Sánchez", "Núñez", "de la Fuente")),
    (("Zoë", "Anaïs", "François", "Léa"), ("D'Angelo", "Lefèvre", "Dubois", "Saint-Rémy")),
    (("Łukasz", "Ewa", "Małgorzata", "Paweł"), ("Wiśniewska", "Kowalczyk", "Dąbrowski", "Żółtowski")),
    (("Søren", "Åsa", "Björn", "Þóra"), ("Østergaard", "Åkesson", "Guðmundsdóttir", "Lindström")),
    (("Đorđe", "Jiří", "Zsófia", "Ștefan"), ("Šimić", "Dvořák", "Szabó", "Țurcanu")),
    (("Müge", "İpek", "Mehmet", "Işıl"), ("Çelik", "Öztürk", "Yıldız", "Güneş")),
    (("Nguyễn Thị", "Đặng Minh", "Hoàng"), ("Hoàng", "Trần", "Phạm")),
    (("Δήμητρα", "Νίκος", "Ελένη"), ("Παπαδοπούλου", "Γεωργίου", "Οικονόμου")),
    (("Олена", "Иван", "Љиљана"), ("Шевченко", "Петров", "Његош")),
    (("ნინო", "გიორგი"), ("ბერიძე", "მაისურაძე")),
    (("Անահիտ", "Տիգրան"), ("Պետրոսյան", "Սարգսյան")),
    (("فاطمة الزهراء", "محمد", "ليلى"), ("الهاشمي", "بن يوسف", "حداد")),
    (("נועה", "יוסף"), ("לוי", "בן־דוד")),
    (("می‌نا", "آرش"), ("رضایی", "کاظمی")),
    (("अनन्या", "राहुल"), ("शर्मा", "कृष्णमूर्ति")),
    (("தமிழ்ச்செல்வி", "முருகன்"), ("சுப்பிரமணியன்", "ராஜேந்திரன்")),
    (("สมชาย", "กัญญา"), ("ใจดี", "ศรีสวัสดิ์")),
    (("伟", "小龙", "美玲"), ("张", "欧阳", "王")),
    (("さくら", "健太"), ("田中", "佐々木")),
    (("지우", "민서"), ("김", "남궁")),
    (("ሰላም", "አበበ"), ("ገብረማርያም", "ታደሰ")),
    (("Kwame", "Oluwaseun", "Chidinma"), ("Mensah", "Adébáyọ̀", "Nwáchukwu")),
)
MONONYMS = ("Sukarno", "Thandiwe", "सीता", "ထွန်း", "Sarasvati", "محمود")
# Eighty characters each.
LONG_NAMES = (
    ("Maria Antónia Francisca Xavier", "de Albuquerque Cavalcanti e Vasconcellos-Montenegro"),
    ("Wolfeschlegelsteinhausenbergerdorff", "Freifrau von und zu Hohenlohe-Schillingsfürst"),
)
assert all(len(f"{given} {family}") >= 80 for given, family in LONG_NAMES)  # noqa: S101
