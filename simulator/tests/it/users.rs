//! Listing users: pages, selection, filters and what they need.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::Value;
use simulator::{EmptyPages, FilteredPaging, Person, ReadBasic, Settings, Switches};

use crate::house::{House, small};

#[test]
fn following_the_links_lists_everybody_once_in_pages_of_the_size_asked_for() {
    let mut house = House::of(small());
    let first = house.get("/v1.0/users?$select=id&$top=7").json();
    assert_eq!(first["value"].as_array().map(Vec::len), Some(7));
    let link = first["@odata.nextLink"].as_str().expect("a link");
    assert!(link.contains("/v1.0/users?$select=id&$top=7&$skiptoken="), "{link}");
    assert_eq!(house.get("/v1.0/users").rows().len(), 100);
    let rows = house.list("/v1.0/users?$select=id&$top=7", &[]);
    let listed: Vec<String> = rows.iter().map(|row| row["id"].as_str().expect("an id").to_owned()).collect();
    assert_eq!(listed, house.ids(300));
}

#[test]
fn page_sizes_beyond_999_are_refused_in_the_captured_words() {
    let mut house = House::of(small());
    assert_eq!(house.get("/v1.0/users?$top=999").status, 200);
    let (status, _, message) = house.get("/v1.0/users?$top=1000").error();
    assert_eq!(status, 400);
    assert!(message.contains("Must be between 1 and 999 inclusive."), "{message}");
    assert_eq!(house.get("/v1.0/users?$top=0").status, 400);
    assert_eq!(house.get("/v1.0/users?$skip=5").error().2, "'$skip' is not supported by the service.");
}

#[test]
fn what_is_selected_is_given_with_the_id_and_nothing_else() {
    let mut house = House::of(small());
    let names = |row: &Value| row.as_object().expect("an object").keys().cloned().collect::<HashSet<_>>();
    let expected = |names: &str| names.split(',').map(str::to_owned).collect::<HashSet<_>>();
    let row = house.get("/v1.0/users?$top=1").rows().remove(0);
    let defaults = "businessPhones,displayName,givenName,id,jobTitle,mail,mobilePhone,officeLocation,\
                    preferredLanguage,surname,userPrincipalName";
    assert_eq!(names(&row), expected(defaults));
    let select = "accountEnabled,userType,department,assignedPlans,onPremisesExtensionAttributes,employeeId";
    let row = house.get(&format!("/v1.0/users?$top=1&$select={select}")).rows().remove(0);
    assert_eq!(names(&row), expected(&format!("id,{select}")));
    let (status, code, message) = house.get("/v1.0/users?$select=id,nonsense").error();
    assert_eq!((status, code.as_str()), (400, "BadRequest"));
    assert!(message.contains("Could not find a property named 'nonsense' on type 'microsoft.graph.user'"));
    assert_eq!(house.get("/v1.0/users?$select=id,skills").error().0, 501);
}

#[test]
fn rows_say_of_each_person_what_the_organisation_says() {
    let mut house = House::of(small());
    let select = "id,displayName,mail,accountEnabled,userType,department,officeLocation,city,usageLocation";
    let rows = house.list(&format!("/v1.0/users?$top=999&$select={select}"), &[]);
    for (row, person) in rows.iter().zip(house.simulator.organisation().people()) {
        assert_eq!(row["displayName"], person.display_name());
        assert_eq!(row["mail"].as_str(), person.mail().as_deref());
        assert_eq!(row["accountEnabled"], person.account_enabled);
        assert_eq!(row["userType"], person.user_type());
        assert_eq!(row["department"].as_str(), person.department());
        assert_eq!(row["officeLocation"].as_str(), person.office().map(|office| office.name));
        assert_eq!(row["city"].as_str(), person.office().map(|office| office.city));
    }
}

#[test]
fn the_usual_filter_selects_enabled_members() {
    let mut house = House::of(small());
    let rows = house.list("/v1.0/users?$filter=accountEnabled eq true and userType eq 'Member'&$top=50", &[]);
    let expected = house.simulator.organisation().people().filter(Person::is_enabled_member).count();
    assert_eq!(rows.len(), expected);
}

#[test]
fn advanced_filters_need_header_and_count() {
    let mut house = House::of(small());
    let target = "/v1.0/users?$filter=assignedLicenses/$count ne 0&$top=999";
    let counted = format!("{target}&$count=true");
    assert_eq!(house.get(target).error().1, "Request_UnsupportedQuery");
    assert_eq!(house.get(&counted).error().1, "Request_UnsupportedQuery");
    assert_eq!(house.get_eventually(target).error().1, "Request_UnsupportedQuery");
    let page = house.get_eventually(&counted).json();
    assert_eq!(page["@odata.count"], page["value"].as_array().expect("a list").len());
}

#[test]
fn a_count_is_given_on_the_first_page_and_only_with_the_header() {
    let mut house = House::of(small());
    assert!(house.get("/v1.0/users?$count=true").json()["@odata.count"].is_null());
    let page = house.get_eventually("/v1.0/users?$count=true").json();
    assert_eq!(page["@odata.count"], 300);
    let origin = house.simulator.origin();
    let next = page["@odata.nextLink"].as_str().and_then(|link| link.strip_prefix(&origin)).expect("a link").to_owned();
    assert!(house.get_eventually(&next).json()["@odata.count"].is_null());
    assert_eq!(house.get("/v1.0/users/$count").error().2, "$count is not currently supported.");
    let reply = house.get_eventually("/v1.0/users/$count");
    assert_eq!((reply.header("content-type"), reply.body.as_slice()), (Some("text/plain"), b"300".as_slice()));
}

#[test]
fn a_skip_token_expires_and_belongs_to_its_own_query() {
    let mut house = House::of(Settings { page_lifetime: Duration::ZERO, ..small() });
    let page = house.get("/v1.0/users").json();
    let origin = house.simulator.origin();
    let next = page["@odata.nextLink"].as_str().and_then(|link| link.strip_prefix(&origin)).expect("a link").to_owned();
    assert_eq!(house.get(&next).error().1, "Directory_ExpiredPageToken");
    assert_eq!(house.get(&next.replace('?', "?$top=5&")).error().1, "Request_BadRequest");
}

#[test]
fn filtered_paging_without_the_advanced_parameters_fails_where_the_switch_says_so() {
    let mut house = House::of(small());
    let switches = Switches { filtered_paging: FilteredPaging::Expires, ..Switches::default() };
    house.simulator.set_switches(switches);
    let target = "/v1.0/users?$filter=accountEnabled eq true&$top=50";
    let page = house.get(target).json();
    let origin = house.simulator.origin();
    let next = page["@odata.nextLink"].as_str().and_then(|link| link.strip_prefix(&origin)).expect("a link").to_owned();
    assert_eq!(house.get(&next).error().1, "Directory_ExpiredPageToken");
    let rows = house.list(&format!("{target}&$count=true"), &[("ConsistencyLevel", "eventual")]);
    assert!(rows.len() > 250);
}

#[test]
fn empty_pages_have_links_and_nobody_is_lost() {
    let mut house = House::of(small());
    house.simulator.set_switches(Switches { empty_pages: EmptyPages::Interleaved, ..Switches::default() });
    let first = house.get("/v1.0/users").json();
    assert_eq!(first["value"].as_array().map(Vec::len), Some(0));
    assert!(first["@odata.nextLink"].is_string());
    assert_eq!(house.list("/v1.0/users", &[]).len(), 300);
}

#[test]
fn read_basic_gives_basic_properties_drops_unreadable_filters_or_is_refused() {
    let mut house = House::with_roles(&["User.ReadBasic.All"]);
    let row = house.get("/v1.0/users?$top=1&$select=displayName,department,accountEnabled").rows().remove(0);
    assert!(row["displayName"].is_string() && row["department"].is_null() && row["accountEnabled"].is_null());
    assert_eq!(house.list("/v1.0/users?$filter=accountEnabled eq true", &[]).len(), 0);
    house.simulator.set_switches(Switches { read_basic: ReadBasic::Forbidden, ..Switches::default() });
    assert_eq!(house.get("/v1.0/users").error().1, "Authorization_RequestDenied");
}

#[test]
fn unknown_paths_and_wrong_methods_are_told_so_in_graphs_way() {
    let mut house = House::of(small());
    assert_eq!(house.get("/v1.0/foo").error().2, "Resource not found for the segment 'foo'.");
    assert_eq!(house.get("/v2.0/users").error().2, "Invalid version: v2.0");
    let reply = house.post("/v1.0/users", &Value::Null);
    assert_eq!(reply.error().0, 405);
    for name in ["request-id", "client-request-id", "x-ms-ags-diagnostic", "date"] {
        assert!(reply.header(name).is_some(), "{name}");
    }
    let reply = house.get_with("/v1.0/users", &[("client-request-id", "mine")]);
    assert_eq!(reply.header("client-request-id"), Some("mine"));
}
