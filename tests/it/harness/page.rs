//! A page of metrics as a test reads it: lines of the text format, asked for by how they begin.

/// What one scrape gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page(pub(crate) String);

impl Page {
    /// Whether this very line stands there, such as `teams_presence_up{tenant="contoso"} 1`.
    pub(crate) fn says(&self, line: &str) -> bool {
        self.0.lines().any(|said| said == line)
    }

    /// The value of a series, written as on the page: `teams_presence_up{tenant="contoso"}`.
    pub(crate) fn value(&self, series: &str) -> Option<f64> {
        let mut values = self.0.lines().filter_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        values.next().map(|value| value.parse().unwrap())
    }

    /// The samples, without the lines of HELP and TYPE.
    pub(crate) fn samples(&self) -> impl Iterator<Item = &str> {
        self.0.lines().filter(|line| !line.starts_with('#'))
    }

    /// The samples of a tenant in these families, with the families' names without their prefix, in the page's order.
    pub(crate) fn of(&self, tenant: &str, families: &[&str]) -> String {
        let label = format!("tenant=\"{}\"", tenant.replace('\\', "\\\\").replace('"', "\\\""));
        let is_asked_for = |line: &&str| {
            let name = line.split(['{', ' ']).next().and_then(|name| name.strip_prefix("teams_presence_"));
            line.contains(&label) && name.is_some_and(|name| families.contains(&name))
        };
        let lines: Vec<String> = self.samples().filter(is_asked_for).map(|line| line.replace(&label, "")).collect();
        let lines = lines.iter().map(|line| line.trim_start_matches("teams_presence_"));
        lines
            .map(|line| line.replace(",}", "}").replace("{,", "{").replace(",,", ",").replace("{}", "") + "\n")
            .collect()
    }

    /// The sum over the samples of a tenant in a family; `None` if there are none.
    pub(crate) fn sum(&self, tenant: &str, family: &str) -> Option<f64> {
        let lines = self.of(tenant, &[family]);
        let values = lines.lines().filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
        (!lines.is_empty()).then(|| values.sum())
    }

    /// Whether the tenant is up.
    pub(crate) fn up(&self, tenant: &str) -> bool {
        self.of(tenant, &["up"]) == "up 1\n"
    }

    /// The first law: everybody who is counted is counted once in each family that is there. Returns how many these are.
    #[track_caller]
    pub(crate) fn assert_sums_agree(&self, tenant: &str) -> u32 {
        let [current, held, ..] = self.tracked(tenant);
        for family in ["availability_users", "activity_users", "work_location_users"] {
            if let Some(sum) = self.sum(tenant, family) {
                assert!(
                    (sum - f64::from(current + held)).abs() < 0.5,
                    "{family} of {tenant} against current + held:\n{}",
                    self.0
                );
            }
        }
        current + held
    }

    /// The tracked users of a tenant: current, held, unanswered, unanswerable.
    pub(crate) fn tracked(&self, tenant: &str) -> [u32; 4] {
        let lines = self.of(tenant, &["tracked_users"]);
        ["current", "held", "unanswered", "unanswerable"].map(|freshness| {
            let start = format!("tracked_users{{freshness=\"{freshness}\"}} ");
            let mut values = lines.lines().filter_map(|line| line.strip_prefix(&start));
            values.next().unwrap_or_else(|| panic!("no {freshness} in:\n{lines}")).parse().unwrap()
        })
    }
}

/// Fails unless two texts are the same, and then shows the lines that only one of them has.
#[track_caller]
pub(crate) fn assert_same_lines(text: &str, expected: &str, what: &str) {
    if text != expected {
        let without = |one: &str, other: &str, mark: &str| {
            let differs = |line: &&str| !other.lines().any(|it| it == *line);
            one.lines().filter(differs).flat_map(|line| ["\n", mark, " ", line]).collect::<String>()
        };
        panic!("{what}: +is -ought to be{}{}", without(text, expected, "+"), without(expected, text, "-"));
    }
}
