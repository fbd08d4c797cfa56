//! The attributes of users that can be grouped by, as Graph spells them, and which was probably meant by another word.

use super::{nearest, words};
use crate::domain::dimension::Attribute;

const KNOWN: [(&str, Attribute); 24] = [
    ("department", Attribute::Department),
    ("officeLocation", Attribute::OfficeLocation),
    ("city", Attribute::City),
    ("state", Attribute::State),
    ("country", Attribute::Country),
    ("usageLocation", Attribute::UsageLocation),
    ("companyName", Attribute::CompanyName),
    ("employeeType", Attribute::EmployeeType),
    ("jobTitle", Attribute::JobTitle),
    ("onPremisesExtensionAttributes.extensionAttribute1", Attribute::Extension(1)),
    ("onPremisesExtensionAttributes.extensionAttribute2", Attribute::Extension(2)),
    ("onPremisesExtensionAttributes.extensionAttribute3", Attribute::Extension(3)),
    ("onPremisesExtensionAttributes.extensionAttribute4", Attribute::Extension(4)),
    ("onPremisesExtensionAttributes.extensionAttribute5", Attribute::Extension(5)),
    ("onPremisesExtensionAttributes.extensionAttribute6", Attribute::Extension(6)),
    ("onPremisesExtensionAttributes.extensionAttribute7", Attribute::Extension(7)),
    ("onPremisesExtensionAttributes.extensionAttribute8", Attribute::Extension(8)),
    ("onPremisesExtensionAttributes.extensionAttribute9", Attribute::Extension(9)),
    ("onPremisesExtensionAttributes.extensionAttribute10", Attribute::Extension(10)),
    ("onPremisesExtensionAttributes.extensionAttribute11", Attribute::Extension(11)),
    ("onPremisesExtensionAttributes.extensionAttribute12", Attribute::Extension(12)),
    ("onPremisesExtensionAttributes.extensionAttribute13", Attribute::Extension(13)),
    ("onPremisesExtensionAttributes.extensionAttribute14", Attribute::Extension(14)),
    ("onPremisesExtensionAttributes.extensionAttribute15", Attribute::Extension(15)),
];

/// The attribute of that name, spelled as Graph spells it; or what is wrong with the name.
pub(super) fn parse(typed: &str) -> Result<Attribute, String> {
    match KNOWN.iter().find(|(name, _)| *name == typed) {
        Some((_, attribute)) => Ok(*attribute),
        None => Err(format!("{} is no attribute to group by; {}", words::quoted(typed), hint(typed))),
    }
}

/// How Graph spells an attribute.
pub(super) fn name(attribute: Attribute) -> &'static str {
    KNOWN.iter().find(|(_, known)| *known == attribute).map_or("", |(name, _)| name)
}

fn hint(typed: &str) -> String {
    const EXTENSIONS: &str = "onPremisesExtensionAttributes.extensionAttribute1 to 15";
    let names = || KNOWN.iter().map(|(name, _)| *name);
    let wanted = plain(typed);
    let begun = |name: &str| wanted.len() >= 4 && (name.ends_with(&wanted) || name.starts_with(&wanted));
    if wanted.contains("extension") {
        return names()
            .find(|name| plain(name).ends_with(&wanted))
            .map_or_else(|| format!("there are {EXTENSIONS}"), |name| format!("did you mean {name}?"));
    }
    if let Some(name) = names().find(|name| begun(&plain(name))).or_else(|| nearest(typed, names())) {
        return format!("did you mean {name}?");
    }
    let short: Vec<&str> = names().filter(|name| !name.contains('.')).collect();
    format!("write {} or {EXTENSIONS}", short.join(", "))
}

/// A name without what people write differently: case and separators.
fn plain(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_spelled_as_graph_spells_them() {
        let check = |typed, expected| assert_eq!(parse(typed), Ok(expected), "{typed}");
        check("department", Attribute::Department);
        check("officeLocation", Attribute::OfficeLocation);
        check("city", Attribute::City);
        check("state", Attribute::State);
        check("country", Attribute::Country);
        check("usageLocation", Attribute::UsageLocation);
        check("companyName", Attribute::CompanyName);
        check("employeeType", Attribute::EmployeeType);
        check("jobTitle", Attribute::JobTitle);
        for number in 1..=15 {
            let typed = format!("onPremisesExtensionAttributes.extensionAttribute{number}");
            assert_eq!(parse(&typed), Ok(Attribute::Extension(number)));
        }
    }

    #[test]
    fn another_word_is_told_what_was_meant() {
        let check = |typed, expected: &str| {
            let reason = parse(typed).expect_err(expected);
            let hint = reason.split_once("; ").expect("a hint").1;
            assert_eq!(hint, expected, "{typed}");
        };
        check("Department", "did you mean department?");
        check("departmnet", "did you mean department?");
        check("office_location", "did you mean officeLocation?");
        check("OFFICE", "did you mean officeLocation?");
        check("company", "did you mean companyName?");
        check("title", "did you mean jobTitle?");
        check("extensionAttribute3", "did you mean onPremisesExtensionAttributes.extensionAttribute3?");
        check("extension_attribute1", "did you mean onPremisesExtensionAttributes.extensionAttribute1?");
        check("extensionAttribute16", "there are onPremisesExtensionAttributes.extensionAttribute1 to 15");
        check("onPremisesExtensionAttributes", "there are onPremisesExtensionAttributes.extensionAttribute1 to 15");
        check(
            "displayName",
            "write department, officeLocation, city, state, country, usageLocation, companyName, employeeType, \
             jobTitle or onPremisesExtensionAttributes.extensionAttribute1 to 15",
        );
    }
}
