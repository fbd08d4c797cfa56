//! A tenant as it was configured: whom to ask, with what credential, how often and how hard.
//!
//! Plain values with their defaults. The rules between them are kept by `file`, which reads them; meaning, unit and
//! range of each are told to the user in docs/CONFIGURATION.md.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::{Cloud, Credential};
use crate::domain::dimension::{Dimension, GroupId, Source};
use crate::domain::permission::Permission;
use crate::domain::tenant::TenantName;
use crate::domain::terms::Terms;

/// One tenant: the settings of one collector and one directory keeper.
#[derive(Debug, Clone, PartialEq)]
pub struct Tenant {
    /// The value of the label `tenant`.
    pub name: TenantName,
    /// A GUID or a verified domain; key `tenant_id`.
    pub tenant_id: String,
    /// The application's GUID; key `client_id`. Always there but with a managed identity, which needs none.
    pub client_id: Option<String>,
    /// What the application proves itself with; key `credential`.
    pub credential: Credential,
    /// Where the tenant lives; key `cloud`, default global.
    pub cloud: Cloud,
    /// A PEM file with certificates to trust besides the usual ones; key `ca_file`, default none.
    pub ca_file: Option<PathBuf>,
    /// The proxy through which the tenant is asked, whatever the environment says: `http` or `https`, a host and a port; key
    /// `proxy`, default what the environment says.
    pub proxy: Option<Url>,
    /// How often presence is read: 5s to 1h; key `interval`, default 60s.
    pub interval: Duration,
    /// How old an answer may be and still be served: at least two intervals; key `max_age`, default 5m or three
    /// intervals, whichever is longer.
    pub max_age: Duration,
    /// Which share of the users must be known for the counts to be served, 0 < x <= 1; key `min_coverage`, default 0.95.
    pub min_coverage: f64,
    /// Presence requests in any 30 seconds, 1 to 1400; key `request_budget`, default 1200.
    pub request_budget: u32,
    /// Presence requests under way at one time at the most, 1 to 64; key `concurrency`, default 8.
    pub concurrency: usize,
    /// Which users are counted; key `users`.
    pub users: Users,
    /// By what the users are counted apart, the most important first; key `group_by`, default nothing.
    pub group_by: Vec<Dimension>,
    /// The smallest group that is shown, 3 to 1000000; key `min_group_size`, default 5.
    pub min_group_size: u32,
}

impl Tenant {
    /// The default of `interval`.
    pub(super) const USUAL_INTERVAL: Duration = Duration::from_mins(1);

    /// A tenant in the global cloud with the default of every setting that has one.
    #[must_use]
    pub fn new(name: TenantName, tenant_id: String, client_id: String, credential: Credential) -> Self {
        Self {
            name,
            tenant_id,
            client_id: Some(client_id),
            credential,
            cloud: Cloud::global(),
            ca_file: None,
            proxy: None,
            interval: Self::USUAL_INTERVAL,
            max_age: Self::usual_max_age(Self::USUAL_INTERVAL),
            min_coverage: 0.95,
            request_budget: 1200,
            concurrency: 8,
            users: Users::default(),
            group_by: Vec::new(),
            min_group_size: 5,
        }
    }

    /// The least that the application has to be permitted.
    #[must_use]
    pub fn permissions(&self) -> Vec<Permission> {
        let Users { groups, exclude_groups, ids_file, .. } = &self.users;
        let selected = !groups.is_empty() || !exclude_groups.is_empty();
        let counted = self.group_by.iter().any(|dimension| matches!(dimension.source, Source::EntraGroups(_)));
        let needed = |permission: &Permission| match permission {
            Permission::PresenceReadAll => true,
            Permission::UserReadAll => ids_file.is_none(),
            Permission::GroupMemberReadAll => selected || counted,
        };
        Permission::ALL.into_iter().filter(needed).collect()
    }

    /// What of it decides about its counts.
    #[must_use]
    pub fn terms(&self) -> Terms {
        Terms {
            tenant: self.name.clone(),
            interval: self.interval,
            max_age: self.max_age,
            min_coverage: self.min_coverage,
            min_group_size: self.min_group_size,
            refresh_interval: self.users.refresh_interval,
            dimensions: self.group_by.clone().into(),
        }
    }

    /// The default of `max_age` beside this interval.
    #[must_use]
    pub fn usual_max_age(interval: Duration) -> Duration {
        (interval * 3).max(Duration::from_mins(5))
    }
}

/// Which users are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Users {
    /// How often the users are listed, at least 1m; key `users.refresh_interval`, default 1h.
    pub refresh_interval: Duration,
    /// An `OData` filter on the list of users; the empty text means everybody. Key `users.filter`, default enabled members.
    pub filter: String,
    /// Whether only users with a Teams service plan are counted; key `users.teams_plan_only`, default no.
    pub teams_plan_only: bool,
    /// Only members of one of these groups are counted, if there are any; key `users.groups`.
    pub groups: Vec<GroupId>,
    /// No member of these groups is counted; key `users.exclude_groups`.
    pub exclude_groups: Vec<GroupId>,
    /// A file with the object ids of those who are counted, instead of a listing; key `users.ids_file`.
    pub ids_file: Option<PathBuf>,
}

impl Default for Users {
    fn default() -> Self {
        Self {
            refresh_interval: Duration::from_hours(1),
            filter: "accountEnabled eq true and userType eq 'Member'".into(),
            teams_plan_only: false,
            groups: Vec::new(),
            exclude_groups: Vec::new(),
            ids_file: None,
        }
    }
}
