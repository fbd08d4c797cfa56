//! What the status page says, in words.

use std::io::{Read, Write};
use std::time::Duration;

use teams_presence_exporter::board::Place;
use teams_presence_exporter::domain::advice::Advice;
use teams_presence_exporter::domain::permission::{Grantee, Permission};
use teams_presence_exporter::domain::snapshot::Snapshot;
use teams_presence_exporter::domain::tally::{DimensionTally, Freshness};
use teams_presence_exporter::domain::tenant::TenantName;

use super::scenes::{by_attribute, expired, group, grouped, morning, three_dimensions, words};
use super::served::{now, read, serve, unknown};

/// What the page of this tenant alone reads like.
fn page_of(snapshot: Snapshot) -> String {
    serve([snapshot], 0).get("/", "").words()
}

#[test]
fn it_says_how_each_tenant_is_and_what_to_do() {
    let now = now();
    let served = serve([read("contoso", now), unknown("fabrikam")], 0);
    let board = &served.site.board;
    board.publish(
        Place(1),
        unknown("fabrikam"),
        Some(Advice::forbidden(Permission::ALL[0], Grantee::Application)),
        now,
    );
    board.report_listing(Place(0), Err(Advice::shrunk(4, 10)), now);
    board.report_listing(Place(1), Err(Advice::no_users()), now);
    let reply = served.get("/", "");
    assert_eq!((reply.status, reply.header("content-type")), (200, "text/html; charset=utf-8"));
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert!(reply.header("content-security-policy").starts_with("default-src 'none'; style-src 'self';"));
    for expected in [
        "<html lang=\"en\">",
        "<a href=\"metrics\">",
        "<a href=\"-/healthy\">",
        "<a href=\"-/ready\">",
        "<bdi>contoso</bdi> <span class=\"state\">Up</span>",
        "<dd>10 tracked, 9 answered (1 of them in an earlier cycle), 1 unanswerable (1 of them rejected by Graph)</dd>",
        "which took 4.2\u{a0}s; every 1\u{a0}min</dd>",
        " ago; every 1\u{a0}h</dd>",
        "<bdi>fabrikam</bdi> <span class=\"state\">Down: users could not be listed yet</span>",
        "<strong>No data:</strong> the users have not been listed yet.</p>",
        "<dd>not yet</dd>",
        "<strong>Listing users:</strong> 4 users matched where 10 did before, which is not believed until it comes twice; \
         the 10 users listed 5",
        "<strong>Listing users:</strong> 0 users matched, so there is nobody whose presence could be read.</p>",
        "<strong>Reading presence:</strong> Graph refuses the request",
        "What to do: In the Entra admin center open App registrations &gt; your app",
    ] {
        assert!(reply.text().contains(expected), "{expected} in {}", reply.text());
    }
    assert!(!reply.text().contains("<script"));
}

#[test]
fn it_says_what_the_application_may_do_and_what_it_may_not() {
    let served = serve([read("contoso", now()), read("fabrikam", now())], 0);
    let name = |name| TenantName::parse(name).expect("a name");
    let contoso = served.site.telemetry.tenant(&name("contoso"), Permission::ALL);
    let roles = ["Presence.Read.All", "Directory.ReadWrite.All"].map(str::to_owned);
    contoso.token(1.0, Some(&roles));
    let page = |tenant| served.get(&format!("/?tenant={tenant}"), "").words();
    let expected = "Permissions Presence.Read.All, User.Read.All and GroupMember.Read.All granted; the application may do more \
                    than it needs to: Directory.ReadWrite.All where User.Read.All and GroupMember.Read.All are enough";
    assert!(page("contoso").contains(expected), "{}", page("contoso"));
    contoso.token(1.0, Some(&[]));
    assert!(
        page("contoso").contains("Permissions Presence.Read.All, User.Read.All and GroupMember.Read.All not granted")
    );
    let unknown = "Permissions not known without a token that can be read";
    assert!(page("fabrikam").contains(unknown), "{}", page("fabrikam"));
    contoso.token(1.0, None);
    assert!(page("contoso").contains(unknown));
}

#[test]
fn it_says_how_long_the_credential_is_good_and_that_a_new_one_is_not() {
    let now = now();
    let served = serve([read("contoso", now)], 0);
    let contoso = served.site.telemetry.tenant(&TenantName::parse("contoso").expect("a name"), Permission::ALL);
    let page = || served.get("/", "").words();
    assert!(!page().contains("Credential"), "{}", page());
    contoso.credential_expiry(now.unix_seconds(now.moment) + 86_400.0 * 400.5);
    // The page is made by the clock of the machine, not by that of the scene.
    assert!(page().contains("Credential expires in "), "{}", page());
    contoso.credential_expiry(1.0);
    assert!(page().contains("Credential has expired"), "{}", page());
    contoso.credential_kept(Some(Advice::credential_kept(&Advice::token_refused(700_027, "invalid_client", 401))));
    let told = "Credential: the credential has changed and does not work, so the one before stays in use: Entra refused a token";
    assert!(page().contains(told), "{}", page());
    contoso.credential_kept(None);
    assert!(!page().contains("Credential:"), "{}", page());
}

#[test]
fn its_style_is_served_beside_it() {
    let served = serve([], 0);
    assert!(served.get("/", "").text().contains("<link rel=\"stylesheet\" href=\"style.css?0.1.0\">"));
    let style = served.get("/style.css?0.1.0", "");
    assert_eq!((style.status, style.header("content-type")), (200, "text/css; charset=utf-8"));
}

#[test]
fn hostile_names_mean_themselves() {
    let served = serve([unknown("<img src=x onerror='a()'> \"R & D\" \\ 🌍")], 0);
    let page = served.get("/", "");
    assert!(page.text().contains("<bdi>&lt;img src=x onerror=&#39;a()&#39;&gt; &quot;R &amp; D&quot; \\ 🌍</bdi>"));
    assert!(!page.text().contains("<img"));
    let metrics = served.get("/metrics", "");
    let expected = r#"teams_presence_up{tenant="<img src=x onerror='a()'> \"R & D\" \\ 🌍"} 0"#;
    assert!(metrics.text().lines().any(|line| line == expected), "{}", metrics.text());
}

#[test]
fn it_says_how_available_people_are_in_a_fixed_order() {
    let page = page_of(morning("contoso", now()));
    for expected in [
        "37 % can be reached: 2,214 of 6,029 people whose availability is known Availability People Of all Available 2,214 37 % Busy 1,454 24 % \
         Do not disturb 205 3 % Away 907 15 % Offline 1,249 21 % Unknown 33 1 %",
        "In a meeting or call 19 %, 1,153 of 6,029",
        "With an automatic reply 7 %, 401 of 6,062",
        "Working from the office 1,700, elsewhere 2,010, time off 44, not stated 2,308",
        "Users 6,119 tracked, 6,062 answered (12 of them in an earlier cycle), 17 unanswerable",
        "Coverage 99 % of 6,102 have a fresh answer; 85 % are needed",
        "Request budget 1,200 requests in any 30 s; the fullest 30 s of late held 3",
    ] {
        assert!(page.contains(expected), "{expected} in {page}");
    }
    assert!(!page.contains("No data") && !page.contains("Other"), "{page}");
}

#[test]
fn a_word_that_nobody_knows_is_not_lost() {
    let mut snapshot = morning("contoso", now());
    snapshot.tally.words[0] = Some(words(&[("Available", 6), ("Juggling", 2), ("PresenceUnknown", 2)]));
    snapshot.tally.words[2] = Some(words(&[("office", 3), ("Beach", 7)]));
    let page = page_of(snapshot);
    assert!(page.contains("75 % can be reached: 6 of 8 people"), "{page}");
    assert!(page.contains("Offline 0 0 % Other 2 20 % Unknown 2 20 %"), "{page}");
    assert!(page.contains("the office 3, elsewhere 0, time off 0, not stated 0, other 7"), "{page}");
}

#[test]
fn what_is_not_known_is_no_data_and_never_zero() {
    let now = now();
    let fresh = |current, unanswered| {
        let mut snapshot = morning("contoso", now);
        snapshot.tally.freshness = Freshness { current, unanswered, ..Freshness::default() };
        snapshot
    };
    let listed = Snapshot { cycle: None, tally: unknown("contoso").tally, ..morning("contoso", now) };
    for (snapshot, why) in [
        (unknown("contoso"), "the users have not been listed yet."),
        (listed, "the first cycle has not ended yet."),
        (expired("contoso", now), "nobody has an answer younger than 20 s."),
        (fresh(60, 40), "only 60 of 100 people have an answer younger than 1 h, and too few are not shown as if they"),
        (fresh(4, 0), "fewer than 5 people have an answer, and counts of so few would tell of each of them."),
    ] {
        let grouped = grouped(snapshot, three_dimensions());
        let served = serve([grouped], 0);
        let page = served.get("/", "").words();
        assert!(page.contains(&format!("Availability No data: {why}")), "{why} in {page}");
        assert!(page.contains("Data age no data: no counts are shown; answers count for"), "{page}");
        let table = served.get("/", "").text().contains("<table");
        assert!(!table && !page.contains("can be reached") && !page.contains("Berlin"), "{page}");
    }
    let mut snapshot = morning("contoso", now);
    snapshot.tally.words[0] = None;
    assert!(page_of(snapshot).contains("Availability No data: the answers do not tell it."));
    let mut snapshot = morning("contoso", now);
    snapshot.tally.words[0] = Some(words(&[("PresenceUnknown", 9)]));
    assert!(page_of(snapshot).contains("No data: nobody's availability is known."));
}

#[test]
fn it_says_when_the_next_cycle_comes() {
    let now = now();
    let next = |next_cycle| page_of(Snapshot { next_cycle, ..read("contoso", now) });
    assert!(next(Some(now.moment.plus(Duration::from_secs(5_430)))).contains("Next cycle in 1 h 30 min"));
    assert!(next(Some(now.moment)).contains("Next cycle now"));
    assert!(page_of(unknown("contoso")).contains("Next cycle once the users have been listed"));
}

#[test]
fn several_tenants_are_told_at_a_glance_and_each_has_a_page_of_its_own() {
    let now = now();
    let served = serve([morning("contoso", now), unknown("R & D"), expired("northwind", now)], 0);
    let all = served.get("/", "");
    let glance = "3 tenants: 1 up, 1 down, 1 waiting Tenant State Reachable contoso Up 37 %, 2,214 of 6,029 R &amp; D \
                  Waiting no data northwind Down no data";
    assert!(all.words().contains(glance), "{}", all.words());
    assert!(all.text().contains(r#"<a href="?tenant=R+%26+D"><bdi>R &amp; D</bdi></a>"#), "{}", all.text());
    let one = served.get("/?tenant=R+%26+D", "");
    assert!(one.text().contains("<title>R &amp; D \u{b7} Teams Presence Exporter</title>"), "{}", one.text());
    assert!(one.text().contains(r#"<a href=".">All 3 tenants</a>"#), "{}", one.text());
    assert!(one.words().contains("R &amp; D Waiting for the first cycle"), "{}", one.words());
    assert!(!one.words().contains("contoso") && !one.words().contains("northwind"), "{}", one.words());
    let none = served.get("/?tenant=gone", "").words();
    assert!(none.contains("There is no such tenant; these are all. 3 tenants:"), "{none}");
    assert!(!none.contains("gone"), "{none}");
}

#[test]
fn it_refreshes_itself_until_it_is_told_to_stand_still() {
    let now = now();
    let served = serve([grouped(morning("contoso", now), three_dimensions()), read("fabrikam", now)], 0);
    let moving = served.get("/?dimension=office", "");
    assert_eq!(moving.header("refresh"), "30");
    assert!(moving.words().contains(" As of "), "{}", moving.words());
    assert!(
        moving.words().contains("UTC. The page refreshes itself every 30 s. Stop refreshing"),
        "{}",
        moving.words()
    );
    assert!(moving.text().contains(r#"<a href="?dimension=office&amp;refresh=off">Stop"#), "{}", moving.text());
    let still = served.get("/?dimension=office&refresh=off", "");
    assert_eq!(still.header("refresh"), "");
    assert!(still.words().contains("UTC. The page stands still. Refresh it by itself"), "{}", still.words());
    for link in ["?dimension=office\">Refresh", "?tenant=fabrikam&amp;dimension=office&amp;refresh=off\"><bdi>fabrikam"]
    {
        assert!(still.text().contains(link), "{link} in {}", still.text());
    }
}

#[test]
fn a_link_drags_nothing_along_that_nobody_has() {
    let now = now();
    let served = serve((0..50).map(|number| read(&format!("tenant-{number}"), now)), 0);
    let usual = served.get("/", "").body.len();
    let long = "x".repeat(10_000);
    let page = served.get(&format!("/?dimension={long}"), "");
    assert_eq!((page.status, page.body.len()), (200, usual));
    // The link to the page that stands still names a tenant that is gone, once.
    let page = served.get(&format!("/?tenant={long}"), "");
    assert!(page.body.len() < usual + 11_000, "{}", page.body.len());
}

#[test]
fn readers_that_do_not_read_hold_no_more_than_a_few_pages() {
    // More than a connection holds, so that an answer that nobody reads is under way.
    let groups = (0..1_000).map(|number| group(&format!("{number} {}", "&".repeat(1_200)), [9, 3, 6]));
    let title = DimensionTally { groups: groups.collect(), ..DimensionTally::default() };
    let served = serve([grouped(morning("contoso", now()), vec![(by_attribute("title"), title)])], 0);
    let ask = |_| {
        let mut stream = served.connect();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: exporter\r\n\r\n").expect("sent");
        stream.read_exact(&mut [0]).expect("the answer is under way");
        stream
    };
    let mut readers: Vec<_> = (0..16).map(ask).collect();
    assert_eq!(served.get("/metrics", "").status, 200, "scrapes have slots of their own");
    let mut reply = served.get("/", "");
    while reply.status != 200 {
        assert_eq!(reply.status, 503);
        assert_eq!(reply.text(), "16 status pages are being sent already, which is the most; try again later\n");
        assert_eq!(reply.header("refresh"), "30", "a browser on a wall asks again");
        reply = served.get("/", "");
    }
    let mut rest = Vec::new();
    // What was not read may be taken back with the connection.
    drop(readers[0].read_to_end(&mut rest));
    assert!(rest.len() < reply.body.len(), "the slowest gave way");
}
