//! `$filter`: whom an expression selects, and what it needs to be allowed.
//!
//! The rules are those of the pages "advanced query capabilities" and "use the $filter query parameter": which
//! expressions work plainly, which need `ConsistencyLevel: eventual` with `$count=true`. Read `parser` next.

mod parser;

use crate::answer::Refusal;
use crate::directory::{Account, Value};
use crate::properties::{AssignedPlan, Property, licenses, plans};

/// A filter that has been understood.
#[derive(Debug, PartialEq)]
pub(crate) struct Filter {
    test: Test,
    /// The first property (or function) that needs the advanced parameters.
    advanced: Option<String>,
    properties: Vec<Property>,
}

#[derive(Debug, PartialEq)]
enum Test {
    All(Vec<Test>),
    Either(Vec<Test>),
    Not(Box<Test>),
    /// Equal to one of these.
    Is(Field, Vec<Literal>),
    Starts(Field, String),
    Ends(Field, String),
    /// Some entry of the collection passes the inner test (or exists).
    Any(Collection, Option<Box<Test>>),
    Count(Collection, Relation, u64),
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Field {
    Of(Property),
    Extension(u8),
    Service,
    ServicePlanId,
    CapabilityStatus,
    SkuId,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Collection {
    Plans,
    Licenses,
}

#[derive(Clone, Debug, PartialEq)]
enum Literal {
    Null,
    Truth(bool),
    /// In lower case, for Graph compares without regard to case.
    Text(String),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Relation {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// An entry of a collection, within `any`.
#[derive(Clone, Copy)]
enum Entry {
    Plan(AssignedPlan),
    License(&'static str),
}

impl Filter {
    /// Understands an expression, or refuses it in Graph's words (400 `BadRequest` or `Request_UnsupportedQuery`).
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        parser::parse(text)
    }

    /// What needs the advanced parameters, if anything.
    pub(crate) fn needs_advanced(&self) -> Option<&str> {
        self.advanced.as_deref()
    }

    /// Whether it refers only to what `User.ReadBasic.All` may read.
    pub(crate) fn is_basic(&self) -> bool {
        self.properties.iter().all(|property| property.is_basic())
    }

    pub(crate) fn selects(&self, account: &Account<'_>) -> bool {
        self.test.holds(account, None)
    }
}

impl Test {
    fn holds(&self, account: &Account<'_>, entry: Option<Entry>) -> bool {
        match self {
            Self::All(tests) => tests.iter().all(|test| test.holds(account, entry)),
            Self::Either(tests) => tests.iter().any(|test| test.holds(account, entry)),
            Self::Not(test) => !test.holds(account, entry),
            Self::Is(field, literals) => literals.iter().any(|literal| field.equals(account, entry, literal)),
            Self::Starts(field, start) => {
                field.text(account, entry, |text| text.is_some_and(|text| text.to_lowercase().starts_with(start)))
            }
            Self::Ends(field, end) => {
                field.text(account, entry, |text| text.is_some_and(|text| text.to_lowercase().ends_with(end)))
            }
            Self::Any(collection, test) => {
                let passes = |entry| test.as_ref().is_none_or(|test| test.holds(account, Some(entry)));
                match collection {
                    Collection::Plans => plans(account.person).any(|plan| passes(Entry::Plan(plan))),
                    Collection::Licenses => licenses(account.person).is_some_and(|sku| passes(Entry::License(sku))),
                }
            }
            Self::Count(collection, relation, number) => {
                let count = match collection {
                    Collection::Plans => plans(account.person).count(),
                    Collection::Licenses => usize::from(licenses(account.person).is_some()),
                };
                relation.holds(count as u64, *number)
            }
        }
    }
}

impl Field {
    fn equals(self, account: &Account<'_>, entry: Option<Entry>, literal: &Literal) -> bool {
        match literal {
            Literal::Truth(truth) => {
                self == Self::Of(Property::AccountEnabled) && account.person.account_enabled == *truth
            }
            Literal::Null => {
                self != Self::Of(Property::AccountEnabled) && self.text(account, entry, |text| text.is_none())
            }
            Literal::Text(wanted) => self.text(account, entry, |text| text.is_some_and(|text| is_same(text, wanted))),
        }
    }

    /// Hands the text to `then`, without copying it where it need not be made.
    fn text(self, account: &Account<'_>, entry: Option<Entry>, then: impl FnOnce(Option<&str>) -> bool) -> bool {
        match (self, entry) {
            (Self::Of(property), _) => then(account.text(Value::Of(property)).as_deref()),
            (Self::Extension(number), _) => then(account.text(Value::Extension(number)).as_deref()),
            (Self::Service, Some(Entry::Plan(plan))) => then(Some(plan.service)),
            (Self::ServicePlanId, Some(Entry::Plan(plan))) => then(Some(plan.service_plan_id)),
            (Self::CapabilityStatus, Some(Entry::Plan(plan))) => then(Some(plan.capability_status)),
            (Self::SkuId, Some(Entry::License(sku))) => then(Some(sku)),
            _ => then(None),
        }
    }
}

impl Relation {
    const fn holds(self, left: u64, right: u64) -> bool {
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
        }
    }
}

fn is_same(text: &str, lower: &str) -> bool {
    text.eq_ignore_ascii_case(lower) || (!text.is_ascii() && text.to_lowercase() == lower)
}

#[cfg(test)]
mod tests {
    use super::Filter;
    use crate::directory::Directory;
    use crate::organisation::{Kind, Organisation, Person, Plan};

    fn check(filter: &str, expected: impl Fn(&Person) -> bool) {
        let parsed = Filter::parse(filter).unwrap_or_else(|refusal| panic!("{filter}: {refusal:?}"));
        let (mut selected, directory) = (0, Directory::default());
        for person in Organisation::new(7, 2_000).people() {
            let selects = parsed.selects(&directory.account(&person));
            selected += u32::from(selects);
            assert_eq!(selects, expected(&person), "{filter}: {person:?}");
        }
        assert!(selected > 0, "{filter} selects nobody");
    }

    #[test]
    fn each_documented_expression_selects_whom_it_says() {
        check("accountEnabled eq true", |person| person.account_enabled);
        check("accountEnabled eq true and userType eq 'Member'", Person::is_enabled_member);
        check("userType in ('Member', 'guest')", |_| true);
        check("department eq 'sales'", |person| person.department() == Some("Sales"));
        check("department eq 'Lager \"Süd\", Tor 4'", |person| {
            person.department().is_some_and(|name| name.starts_with("Lager"))
        });
        check("department eq null", |person| person.department().is_none());
        check("city eq 'o''fallon'", |person| person.office().is_some_and(|office| office.city == "O'Fallon"));
        check("usageLocation eq 'DE' or country eq 'Japan'", |person| {
            person.office().is_some_and(|office| ["DE", "JP"].contains(&office.usage_location))
        });
        check("not(userType eq 'Guest')", |person| person.kind != Kind::Guest);
        check("userType ne 'Guest' and (accountEnabled eq false)", |person| {
            person.kind != Kind::Guest && !person.account_enabled
        });
        check("assignedLicenses/$count ne 0", |person| !matches!(person.teams_plan, Plan::Absent | Plan::Deleted));
        check("assignedLicenses/any(x:x/skuId eq 6fd2c87f-b296-42f0-b197-1e91e994b900)", |person| {
            !matches!(person.teams_plan, Plan::Absent | Plan::Deleted)
        });
        check(
            "assignedPlans/any(p:p/servicePlanId eq 57ff2da0-773e-42df-b2af-ffb7a2317929 and p/capabilityStatus eq 'Enabled')",
            |person| person.teams_plan == Plan::Enabled,
        );
        check(
            "accountEnabled eq true and assignedPlans/any(p:p/servicePlanId eq 57ff2da0-773e-42df-b2af-ffb7a2317929 \
             and (p/capabilityStatus eq 'Enabled' or p/capabilityStatus eq 'Warning'))",
            |person| person.account_enabled && matches!(person.teams_plan, Plan::Enabled | Plan::Warning),
        );
        check(
            "assignedPlans/any(p:(p/service eq 'exchange') and not(p/capabilityStatus in ('Deleted', 'Suspended')))",
            |person| matches!(person.teams_plan, Plan::Enabled | Plan::Warning),
        );
        check("assignedPlans/any()", |person| person.teams_plan != Plan::Absent);
        check("startsWith(displayName,'zo')", |person| person.display_name().starts_with("Zo"));
        check("endsWith(mail,'@northsea.example')", |person| {
            person.mail().is_some_and(|mail| mail.ends_with("@northsea.example"))
        });
        check("onPremisesExtensionAttributes/extensionAttribute2 eq 'IN-09'", |person| {
            person.extension_attribute(2).as_deref() == Some("IN-09")
        });
        let first = Organisation::new(7, 1).person(0).id;
        check(&format!("id in ('{first}')"), |person| person.number == 0);
    }

    #[test]
    fn the_advanced_ones_are_known() {
        for (filter, advanced) in [
            ("accountEnabled eq true", false),
            ("department eq 'x'", false),
            ("startsWith(mail,'x')", false),
            ("department ne 'x'", true),
            ("not(department eq 'x')", true),
            ("officeLocation eq 'x'", true),
            ("companyName in ('x')", true),
            ("assignedLicenses/$count ne 0", true),
            ("assignedPlans/any(a:a/service eq 'exchange')", true),
            ("endsWith(mail,'x')", true),
        ] {
            assert_eq!(Filter::parse(filter).expect(filter).needs_advanced().is_some(), advanced, "{filter}");
        }
    }

    #[test]
    fn nonsense_is_refused_in_graphs_words() {
        for (filter, code) in [
            ("", "BadRequest"),
            ("department", "BadRequest"),
            ("department eq", "BadRequest"),
            ("departmint eq 'x'", "BadRequest"),
            ("department eq 'x", "BadRequest"),
            ("department eq 'x')", "BadRequest"),
            ("(department eq 'x'", "BadRequest"),
            ("accountEnabled eq 'true'", "BadRequest"),
            ("department eq true", "BadRequest"),
            ("department gt 'x'", "Request_UnsupportedQuery"),
            ("mobilePhone eq 'x'", "Request_UnsupportedQuery"),
            ("endsWith(department,'x')", "Request_UnsupportedQuery"),
        ] {
            assert_eq!(Filter::parse(filter).expect_err(filter).code, code, "{filter}");
        }
    }
}
