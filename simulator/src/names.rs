//! Names: what people, departments and titles are called.
//!
//! Plausible and a little hostile: umlauts, apostrophes, quotes, other scripts, an emoji. Each given name and
//! surname comes with the ASCII form that goes into addresses. The domain is reserved by RFC 2606.

/// The domain of the tenant's addresses.
pub(crate) const DOMAIN: &str = "brightwater.example";
/// Domains of the companies from which guests come.
pub(crate) const PARTNERS: [&str; 4] = ["northsea.example", "kestrel.example", "atelier-sol.example", "quarry.example"];
/// Names of the legal entities.
pub(crate) const COMPANIES: [&str; 3] = ["Brightwater SE", "Brightwater & Søn A/S", "Brightwater \"Digital\" GmbH"];

/// Given names, with their ASCII form.
pub(crate) const GIVEN: [(&str, &str); 32] = [
    ("Anna", "anna"),
    ("Jürgen", "juergen"),
    ("Zoë", "zoe"),
    ("Siân", "sian"),
    ("Łukasz", "lukasz"),
    ("María José", "mariajose"),
    ("Søren", "soren"),
    ("Priya", "priya"),
    ("Rahul", "rahul"),
    ("陽菜", "hina"),
    ("翔太", "shota"),
    ("Chloé", "chloe"),
    ("Mohammed", "mohammed"),
    ("Fatima", "fatima"),
    ("John", "john"),
    ("Mary", "mary"),
    ("Robert \"Bob\"", "bob"),
    ("Đorđe", "djordje"),
    ("Ayşe", "ayse"),
    ("Ömer", "oemer"),
    ("Beatriz", "beatriz"),
    ("João", "joao"),
    ("Olga", "olga"),
    ("Дмитрий", "dmitri"),
    ("Nguyễn", "nguyen"),
    ("Wei", "wei"),
    ("Ingrid", "ingrid"),
    ("Thomas", "thomas"),
    ("Katharina", "katharina"),
    ("Ravi", "ravi"),
    ("Emily", "emily"),
    ("Renée 🌻", "renee"),
];

/// Surnames, with their ASCII form.
pub(crate) const SURNAMES: [(&str, &str); 32] = [
    ("Müller", "mueller"),
    ("O'Brien", "obrien"),
    ("Schmidt", "schmidt"),
    ("Großmann", "grossmann"),
    ("García Márquez", "garciamarquez"),
    ("D'Angelo", "dangelo"),
    ("Nowak", "nowak"),
    ("Sharma", "sharma"),
    ("Iyer", "iyer"),
    ("佐藤", "sato"),
    ("鈴木", "suzuki"),
    ("Dubois", "dubois"),
    ("Al-Farsi", "alfarsi"),
    ("Haddad", "haddad"),
    ("Smith", "smith"),
    ("Johnson", "johnson"),
    ("Null", "null"),
    ("Petrović", "petrovic"),
    ("Yılmaz", "yilmaz"),
    ("van der Berg", "vanderberg"),
    ("Silva", "silva"),
    ("Araújo", "araujo"),
    ("Иванова", "ivanova"),
    ("Kowalczyk", "kowalczyk"),
    ("Trần", "tran"),
    ("Zhang", "zhang"),
    ("Åberg", "aberg"),
    ("Fischer", "fischer"),
    ("Bauer", "bauer"),
    ("Krishnamurthy", "krishnamurthy"),
    ("McDonald", "mcdonald"),
    ("Weiß-Köhler", "weisskoehler"),
];

/// A department, its share of the staff and how many of its half-hours in a thousand are meetings.
#[derive(Debug)]
pub(crate) struct Department {
    pub(crate) name: &'static str,
    pub(crate) share: u32,
    pub(crate) meetings_permille: u32,
    pub(crate) calls_permille: u32,
    pub(crate) titles: [&'static str; 3],
}

const fn department(
    name: &'static str,
    share: u32,
    meetings_permille: u32,
    calls_permille: u32,
    titles: [&'static str; 3],
) -> Department {
    Department { name, share, meetings_permille, calls_permille, titles }
}

/// All departments; a person refers to one by its place in this table.
pub(crate) static DEPARTMENTS: [Department; 12] = [
    department("Engineering", 26, 180, 30, ["Software Engineer", "Senior Engineer", "Engineering Manager"]),
    department("Sales", 14, 250, 180, ["Account Executive", "Sales Manager", "Sales Engineer"]),
    department("Customer Support", 14, 90, 260, ["Support Agent", "Support Engineer", "Team Lead"]),
    department("Manufacturing", 12, 60, 40, ["Technician", "Shift Lead", "Plant Engineer"]),
    department("Finance", 7, 200, 60, ["Accountant", "Controller", "Treasurer"]),
    department("Human Resources", 4, 280, 110, ["HR Business Partner", "Recruiter", "HR Manager"]),
    department("Marketing", 6, 260, 70, ["Content Editor", "Brand Manager", "Analyst"]),
    department("Research & Development", 8, 160, 30, ["Scientist", "Principal Scientist", "Lab Manager"]),
    department("IT", 5, 170, 100, ["System Administrator", "Architect", "Service Manager"]),
    department("Legal", 2, 220, 90, ["Counsel", "Paralegal", "General Counsel"]),
    department("Geschäftsführung", 1, 420, 110, ["Geschäftsführer", "Assistenz", "Chief of Staff"]),
    department("Lager \"Süd\", Tor 4", 1, 30, 40, ["Lagerist", "Disponent", "Leitung"]),
];

/// The sum of all shares of [`DEPARTMENTS`].
pub(crate) const DEPARTMENT_SHARES: u32 = 100;

/// Status messages; what people write there is free text.
pub(crate) const STATUS_MESSAGES: [&str; 10] = [
    "On site today",
    "Please write, do not call 🙏",
    "Working from home – reach me by chat",
    "\"Deep work\" until noon",
    "In Köln bis Freitag",
    "Parental leave from 1 October",
    "Fire warden, floor 3 \\ stairs B",
    "Line one\nLine two",
    "<b>Back soon</b> & available by phone",
    "☕",
];

/// Out-of-office messages, as calendars hold them.
pub(crate) const OUT_OF_OFFICE_MESSAGES: [&str; 4] = [
    "I am out of the office and will answer after my return.",
    "Ich bin im Urlaub. In dringenden Fällen: \"service@brightwater.example\".",
    "Thank you for your message.\r\n\r\nI am travelling with limited access to mail. My colleagues of the service \
     desk are glad to help; please name your contract number and describe what you were doing, what you expected \
     and what you saw instead. For anything that cannot wait, call the number on our web site.\r\n\r\nKind regards",
    "Bin dann mal weg 🏖️",
];
