//! Every code with which Entra refuses a token: log and status page say what docs/OPERATIONS.md says that it means and what to
//! do. One tenant for each of the codes that the simulated Entra knows, all of them watched by one exporter.

use simulator::{REFUSALS, TokenRefusal};

use crate::harness::{Exporter, MORNING, Tenant, frozen};
use crate::metrics_doc::rows;

const DOCUMENT: &str = include_str!("../../docs/OPERATIONS.md");

/// What the document says of a code.
struct Told {
    codes: Vec<u32>,
    meaning: &'static str,
    action: &'static str,
}

fn document() -> Vec<Told> {
    let rows = rows(DOCUMENT, "| AADSTS | What it means | What to do |").into_iter();
    let codes = |cell: &str| cell.split(", ").map(|code| code.parse().unwrap()).collect();
    rows.map(|row| Told { codes: codes(row[0]), meaning: row[1], action: row[2] }).collect()
}

/// A tenant whose Entra refuses every token with this code.
fn tenant(refusal: &TokenRefusal) -> Tenant {
    let tenant = Tenant::start(&refusal.code.to_string(), frozen(10, MORNING));
    tenant.simulator.refuse_tokens(Some(refusal.code));
    tenant
}

/// The sentence about a refusal, and the label for it.
fn sentence(told: &Told, refusal: &TokenRefusal, tenant: &Tenant) -> (String, &'static str) {
    let TokenRefusal { code, error, status, .. } = refusal;
    // What passes refuses nobody, whatever its status.
    if let Some(unable) = told.meaning.strip_prefix("Entra could ") {
        let host = tenant.simulator.origin().replace("https://", "");
        return (format!("Entra at {host} could {unable} (HTTP {status})"), "unavailable");
    }
    (format!("Entra refused a token: {} (AADSTS{code}, {error}, HTTP {status})", told.meaning), "token")
}

/// A text as it stands in HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[test]
fn log_and_status_page_say_of_every_refusal_what_the_document_says() {
    let document = document();
    let mut documented: Vec<u32> = document.iter().flat_map(|told| told.codes.clone()).collect();
    let mut known: Vec<u32> = REFUSALS.iter().map(|refusal| refusal.code).collect();
    documented.sort_unstable();
    known.sort_unstable();
    assert_eq!(documented, known, "the codes of the document are not those that Entra is known to refuse with");

    let tenants: Vec<Tenant> = REFUSALS.iter().map(tenant).collect();
    let exporter = Exporter::start(&tenants.iter().collect::<Vec<_>>());
    for (tenant, refusal) in tenants.iter().zip(REFUSALS) {
        let told = document.iter().find(|told| told.codes.contains(&refusal.code)).unwrap();
        let (sentence, reason) = sentence(told, refusal, tenant);
        let label = format!("tenant={} ", refusal.code);
        let line = exporter.wait_for_log(&[&sentence, &label]);
        let advice = format!("reason={reason} advice=\"{}\"", told.action);
        assert!(line.contains(&advice), "{advice} is not in:\n{line}");
        for text in [escaped(&sentence), escaped(told.action)] {
            // It says so once the listing has ended, a moment after the log.
            exporter.wait_for(&text, || exporter.get("/").body.contains(&text));
        }
    }
}

#[test]
fn a_code_that_nobody_knows_leads_to_where_entra_explains_it() {
    let tenant = Tenant::start("stranger", frozen(10, MORNING));
    tenant.simulator.refuse_tokens(Some(123_456));
    let exporter = Exporter::start(&[&tenant]);
    let sentence = "it gave no reason that is known here (AADSTS123456, invalid_request, HTTP 400)";
    let line = exporter.wait_for_log(&[sentence, "tenant=stranger"]);
    assert!(line.contains("advice=\"Look the code up at https://login.microsoftonline.com/error\""), "{line}");
}
