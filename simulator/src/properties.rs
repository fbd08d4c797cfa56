//! Properties of a user: which there are, who may read them, how they are written and compared.
//!
//! After the v1.0 user resource, its default set, and the permission data of `User.ReadBasic.All`.

use std::borrow::Cow;

use crate::directory::{Account, Value};
use crate::json;
use crate::organisation::{Person, Plan};

/// A property that this tenant fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Property {
    BusinessPhones,
    DisplayName,
    GivenName,
    Id,
    JobTitle,
    Mail,
    MobilePhone,
    OfficeLocation,
    PreferredLanguage,
    Surname,
    UserPrincipalName,
    AccountEnabled,
    UserType,
    Department,
    City,
    State,
    Country,
    UsageLocation,
    CompanyName,
    EmployeeType,
    OnPremisesExtensionAttributes,
    AssignedPlans,
    AssignedLicenses,
}

use Property as P;

/// Names and properties; the first [`DEFAULTS`] are the default set, in Graph's order.
const TABLE: [(&str, Property); 23] = [
    ("businessPhones", P::BusinessPhones),
    ("displayName", P::DisplayName),
    ("givenName", P::GivenName),
    ("id", P::Id),
    ("jobTitle", P::JobTitle),
    ("mail", P::Mail),
    ("mobilePhone", P::MobilePhone),
    ("officeLocation", P::OfficeLocation),
    ("preferredLanguage", P::PreferredLanguage),
    ("surname", P::Surname),
    ("userPrincipalName", P::UserPrincipalName),
    ("accountEnabled", P::AccountEnabled),
    ("userType", P::UserType),
    ("department", P::Department),
    ("city", P::City),
    ("state", P::State),
    ("country", P::Country),
    ("usageLocation", P::UsageLocation),
    ("companyName", P::CompanyName),
    ("employeeType", P::EmployeeType),
    ("onPremisesExtensionAttributes", P::OnPremisesExtensionAttributes),
    ("assignedPlans", P::AssignedPlans),
    ("assignedLicenses", P::AssignedLicenses),
];
const DEFAULTS: usize = 11;

/// Properties that exist and are null for everybody here.
const EMPTY: [&str; 17] = [
    "ageGroup", "consentProvidedForMinor", "createdDateTime", "creationType", "deletedDateTime", "employeeHireDate",
    "employeeId", "employeeOrgData", "externalUserState", "faxNumber", "mailNickname", "onPremisesSamAccountName",
    "onPremisesSyncEnabled", "postalCode", "securityIdentifier", "signInActivity", "streetAddress",
];
/// Properties that a collection of users cannot give: 501.
const NOT_IN_LISTS: [&str; 11] = [
    "aboutMe", "birthday", "hireDate", "interests", "mailboxSettings", "mySite", "pastProjects", "preferredName",
    "responsibilities", "schools", "skills",
];

/// The Microsoft Teams service plan TEAMS1.
pub(crate) const TEAMS_PLAN: &str = "57ff2da0-773e-42df-b2af-ffb7a2317929";
/// Exchange Online (Plan 2).
pub(crate) const EXCHANGE_PLAN: &str = "efb87545-963c-4e0d-99df-69c6916d9eb0";
/// Office 365 E3.
pub(crate) const SKU: &str = "6fd2c87f-b296-42f0-b197-1e91e994b900";

/// What a word of `$select` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Selected {
    Filled(Property),
    /// Null for everybody.
    Empty(&'static str),
    /// Graph answers 501.
    NotInLists,
}

impl Property {
    /// The property of this name; Graph does not mind case.
    pub(crate) fn named(name: &str) -> Option<Self> {
        TABLE.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, property)| *property)
    }

    pub(crate) fn name(self) -> &'static str {
        TABLE.iter().find(|(_, property)| *property == self).map_or("", |(name, _)| name)
    }

    /// The default set.
    pub(crate) fn defaults() -> Vec<Selected> {
        TABLE[..DEFAULTS].iter().map(|(_, property)| Selected::Filled(*property)).collect()
    }

    /// Whether `User.ReadBasic.All` may read it.
    pub(crate) const fn is_basic(self) -> bool {
        matches!(self, P::DisplayName | P::GivenName | P::Id | P::Mail | P::Surname | P::UserPrincipalName)
    }

    /// Whether every filter on it needs the advanced parameters.
    pub(crate) const fn is_advanced(self) -> bool {
        matches!(self, P::OfficeLocation | P::CompanyName | P::AssignedPlans)
    }

    /// The right text of a property that is text; `None` for null. What the directory says may be another: `directory`.
    pub(crate) fn text(self, person: &Person) -> Option<Cow<'static, str>> {
        let office = || person.office();
        match self {
            P::Id => Some(person.id.to_string().into()),
            P::DisplayName => Some(person.display_name().into()),
            P::UserPrincipalName => Some(person.user_principal_name().into()),
            P::Mail => person.mail().map(Into::into),
            P::GivenName => person.has_a_name().then(|| person.given_name.into()),
            P::Surname => person.has_a_name().then(|| person.surname.into()),
            P::JobTitle => person.job_title.map(Into::into),
            P::UserType => Some(person.user_type().into()),
            P::Department => person.department().map(Into::into),
            P::OfficeLocation => office().map(|office| office.name.into()),
            P::City => office().map(|office| office.city.into()),
            P::State => office().and_then(|office| office.state).map(Into::into),
            P::Country => office().map(|office| office.country.into()),
            P::UsageLocation => office().map(|office| office.usage_location.into()),
            P::CompanyName => Some(person.company_name.into()),
            P::EmployeeType => person.employee_type.map(Into::into),
            P::AccountEnabled
            | P::BusinessPhones
            | P::MobilePhone
            | P::PreferredLanguage
            | P::OnPremisesExtensionAttributes
            | P::AssignedPlans
            | P::AssignedLicenses => None,
        }
    }

    /// Writes the value as JSON.
    pub(crate) fn write(self, out: &mut Vec<u8>, account: &Account<'_>) {
        let person = account.person;
        match self {
            P::AccountEnabled => out.extend_from_slice(if person.account_enabled { b"true" } else { b"false" }),
            P::BusinessPhones => out.extend_from_slice(b"[]"),
            P::OnPremisesExtensionAttributes => write_extensions(out, account),
            P::AssignedPlans => write_plans(out, person),
            P::AssignedLicenses => write_licenses(out, person),
            _ => json::string_or_null(out, account.text(Value::Of(self)).as_deref()),
        }
    }
}

impl Selected {
    /// What a word of `$select` names; `None` for a word that Graph does not know.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let known = |names: &'static [&'static str]| names.iter().find(|known| known.eq_ignore_ascii_case(name));
        Property::named(name)
            .map(Self::Filled)
            .or_else(|| known(&EMPTY).map(|name| Self::Empty(name)))
            .or_else(|| known(&NOT_IN_LISTS).map(|_| Self::NotInLists))
    }
}

/// One entry of `assignedPlans`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AssignedPlan {
    pub(crate) service: &'static str,
    pub(crate) service_plan_id: &'static str,
    pub(crate) capability_status: &'static str,
}

/// The entries of `assignedPlans`.
pub(crate) fn plans(person: &Person) -> impl Iterator<Item = AssignedPlan> {
    let status = match person.teams_plan {
        Plan::Absent => None,
        Plan::Enabled => Some("Enabled"),
        Plan::Warning => Some("Warning"),
        Plan::Suspended => Some("Suspended"),
        Plan::Deleted => Some("Deleted"),
    };
    let plan = |service, service_plan_id| {
        move |capability_status| AssignedPlan { service, service_plan_id, capability_status }
    };
    let teams = status.map(plan("TeamspaceAPI", TEAMS_PLAN));
    teams.into_iter().chain(status.map(plan("exchange", EXCHANGE_PLAN)))
}

/// The `skuId`s of `assignedLicenses`.
pub(crate) fn licenses(person: &Person) -> Option<&'static str> {
    (!matches!(person.teams_plan, Plan::Absent | Plan::Deleted)).then_some(SKU)
}

fn write_plans(out: &mut Vec<u8>, person: &Person) {
    out.push(b'[');
    for (at, plan) in plans(person).enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.extend_from_slice(br#"{"assignedDateTime":"2024-03-01T08:00:00Z","capabilityStatus":"#);
        json::string(out, plan.capability_status);
        out.extend_from_slice(br#","service":"#);
        json::string(out, plan.service);
        out.extend_from_slice(br#","servicePlanId":"#);
        json::string(out, plan.service_plan_id);
        out.push(b'}');
    }
    out.push(b']');
}

fn write_licenses(out: &mut Vec<u8>, person: &Person) {
    out.push(b'[');
    if let Some(sku) = licenses(person) {
        out.extend_from_slice(br#"{"disabledPlans":[],"skuId":"#);
        json::string(out, sku);
        out.push(b'}');
    }
    out.push(b']');
}

fn write_extensions(out: &mut Vec<u8>, account: &Account<'_>) {
    for number in 1..=15 {
        let opening = if number == 1 { '{' } else { ',' };
        out.extend_from_slice(format!("{opening}\"extensionAttribute{number}\":").as_bytes());
        json::string_or_null(out, account.text(Value::Extension(number)).as_deref());
    }
    out.push(b'}');
}
