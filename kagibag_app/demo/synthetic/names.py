"""Names of people who don't exist, in the scripts that real buyers write in.

A name in another script carries what its owner would type into an email address behind ``=``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class People:
    """Names of one language.

    Attributes:
        weight: How often they buy, beside the others.
        given, family: Separated by blanks.
        family_first: The family name stands first.
        joined: No blank stands between the two.
    """

    weight: int
    given: str
    family: str
    family_first: bool = False
    joined: bool = False


PEOPLE = (
    People(
        22,
        "Olivia Hannah Ruth Grace Ivy Daniel Oscar Theo Marcus Peter Imogen Callum Rosalind Wesley Harriet Dexter Priya "
        "Joel Amelia Silas Beatrix Fergus Tamsin Rowan Edith Clement Nadine Reuben Philippa Gideon",
        "Hart Bell Fraser Whitcombe Ashdown Larkin Thornbury Pemberton Okafor Mwangi Raman Chen Cohen Marsh Holloway "
        "Underhill Beckett Redfern Lockwood Sinclair Attwood Brightwell Calloway Drummond Eastman Fairley Gosling "
        "Hargreave Ingram Jessop",
    ),
    People(
        14,
        "Jürgen Anneliese Käthe Björn Heike Matthias Ulrike Sören Grete Lukas Friederike Jörg Sabine Moritz Änne Rüdiger "
        "Theresa Götz Wiebke Florian Annika Bärbel Konstantin Dörte Leopold",
        "Müller Groß Weiß Schröder Kessler Böhm Jäger Lindqvist Schäfer Kühn Vogt Hölderlin Brandt Straßer Nägele Fuchs "
        "Rößler Weber Eichhorn Düring Pfeiffer Möbius Zöllner Krüger Bäumer",
    ),
    People(
        9,
        "Léa Théo Zoé Noël Anaïs Gaël Hélène Jérôme Chloé Benoît Élodie François Maëlle Rémi Inès Loïc Solène Étienne "
        "Aurélie Cédric",
        "Lefèvre Moreau Béranger Desrosiers Châtelain Noël Garçon Dubois Lévêque Faivre Gagné Hébert Joly Delacroix "
        "Périer Rousseau Séguin Tessier Vallée Aubé",
    ),
    People(
        9,
        "Inés Mateo Lucía Joaquín Begoña Iñaki Sofía Andrés Ximena Raúl Rocío Álvaro Itziar Germán Noelia Óscar Maitê "
        "João Conceição Tomás",
        "Muñoz Peña Villaseñor García Ibáñez Núñez Córdoba Ordóñez Zúñiga Carvalho Gonçalves Magalhães Simões Araújo "
        "Guimarães Otxoa Etxeberria Sáenz Vázquez Brandão",
    ),
    People(
        7,
        "Łukasz Małgorzata Zofia Żaneta Błażej Wojciech Agnieszka Święcisław Tomasz Bożena Jiří Kateřina Ondřej Božena "
        "Štěpán Zuzana Ľubomír Žofia Dušan Nataša",
        "Wróbel Kowalczyk Żółkowski Wiśniewska Śliwa Gąsiorowski Łęcki Nowák Dvořák Krejčí Růžička Němec Šťastný Hájek "
        "Kučera Horváth Kovačić Jovanović Živković Đorđević",
    ),
    People(
        5,
        "Åse Øyvind Søren Mærsk Kjærsti Þóra Guðrún Björk Sigurður Astrid Håkon Solveig Linnéa Östen Aino Väinö",
        "Ångström Nyström Sørensen Kjær Bjørnstad Ødegård Þórsson Guðmundsdóttir Håkansson Räsänen Mäkinen Lönnrot "
        "Ærø Brekke Holmström Hämäläinen",
    ),
    People(
        4,
        "Çağla Gökçe İbrahim Işıl Şebnem Ömer Ümit Tuğba Yağmur Oğuz Zeynep Kıvanç",
        "Yılmaz Öztürk Şahin Çelik Doğan Güneş Aydın Kılıç Demir Gül Işık Ünal",
    ),
    People(
        4,
        "Ánh Đức Hương Tuấn Phượng Quốc Thảo Huỳnh Yến Dũng Mỹ Lộc",
        "Nguyễn Trần Phạm Đặng Bùi Võ Lý Đỗ Huỳnh Ngô",
        family_first=True,
    ),
    People(
        6,
        "Олена=olena Тарас=taras Марія=maria Богдан=bohdan Зоряна=zoryana Євген=yevhen Анна=anna Дмитро=dmytro "
        "Ірина=iryna Максим=maksym Леся=lesia Остап=ostap Ђорђе=djordje Љиљана=ljiljana Стефка=stefka Ивайло=ivaylo",
        "Коваль=koval Шевчук=shevchuk Бондар=bondar Мельник=melnyk Ткач=tkach Гончар=honchar Іваненко=ivanenko "
        "Ґудзь=gudz Щербань=shcherban Яворська=yavorska Петровић=petrovic Димитров=dimitrov Николова=nikolova",
    ),
    People(
        3,
        "Ελένη=eleni Γιώργος=giorgos Σοφία=sofia Νίκος=nikos Χλόη=chloi Ανδρέας=andreas Ζωή=zoi Θάνος=thanos",
        "Παπαδόπουλος=papadopoulos Ζαφείρη=zafeiri Μαρκάκης=markakis Ψαρρού=psarrou Οικονόμου=oikonomou "
        "Ξενάκης=xenakis Λάμπρου=lamprou",
    ),
    People(
        5,
        "美咲=misaki 健二=kenji 陽菜=hina 大翔=hiroto さくら=sakura 悠真=yuma 凛=rin 翔太=shota あおい=aoi 直子=naoko",
        "佐藤=sato 鈴木=suzuki 高橋=takahashi 渡辺=watanabe 伊藤=ito 森山=moriyama 中村=nakamura 齋藤=saito 小林=kobayashi "
        "山田=yamada",
        family_first=True,
    ),
    People(
        4,
        "伟=wei 芳=fang 秀英=xiuying 静=jing 磊=lei 雪=xue 晓明=xiaoming 丽华=lihua 建国=jianguo",
        "王=wang 李=li 张=zhang 陈=chen 刘=liu 赵=zhao 黄=huang 周=zhou 吴=wu",
        family_first=True,
        joined=True,
    ),
    People(
        3,
        "민준=minjun 서연=seoyeon 지훈=jihoon 수빈=subin 하은=haeun 도윤=doyun 예진=yejin",
        "김=kim 이=lee 박=park 최=choi 정=jung 강=kang 윤=yoon",
        family_first=True,
        joined=True,
    ),
    People(
        4,
        "ليلى=layla يوسف=yusuf فاطمة=fatima خالد=khaled نور=noor عمر=omar مريم=maryam سلمى=salma طارق=tarek",
        "الصباح=alsabah حداد=haddad منصور=mansour العتيبي=alotaibi خوري=khoury الرشيد=alrashid زيدان=zeidan",
    ),
    People(
        2,
        "נועה=noa איתן=eitan תמר=tamar יונתן=yonatan שירה=shira אורי=uri",
        "כהן=cohen לוי=levi מזרחי=mizrahi פרידמן=friedman ברק=barak",
    ),
    People(
        3,
        "आरव=aarav दिया=diya रोहन=rohan मीरा=meera अनन्या=ananya विक्रम=vikram काव्या=kavya",
        "शर्मा=sharma वर्मा=varma गुप्ता=gupta पटेल=patel सिंह=singh मेहता=mehta",
    ),
    People(
        2,
        "ნინო=nino გიორგი=giorgi თამარ=tamar ლუკა=luka Արամ=aram Անահիտ=anahit สมชาย=somchai มาลี=malee",
        "ბერიძე=beridze კაპანაძე=kapanadze Սարգսյան=sargsyan Պետրոսյան=petrosyan แก้วมณี=kaewmanee",
    ),
)

# Names that nobody can own (RFC 2606): the three domains for examples, and the top-level domain beside them.
DOMAINS = (
    "example.com", "mail.example.com", "example.org", "post.example", "example.net", "webmail.example",
    "inbox.example.com", "posteo.example", "mail.example.org", "brief.example", "courrier.example.net", "hey.example",
    "uni.example", "correo.example", "students.example.org", "pochta.example", "kaisha.example", "bureau.example.net",
    "firma.example", "studio.example", "office.example.com", "company.example", "verein.example", "school.example.org",
    "clinic.example", "press.example", "harbour.example", "atelier.example", "workshop.example.net", "library.example",
    "team.example.org", "orchestra.example",
)  # fmt: skip
