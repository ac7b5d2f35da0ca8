//! The regions a stack may be in.

/// A region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// Code, for example `ap-northeast-1`.
    pub code: &'static str,
    /// AWS's own name of the place.
    pub name: &'static str,
}

/// The commercial regions, nearest to the product's first users first.
pub const REGIONS: [Region; 34] = [
    Region {
        code: "ap-northeast-1",
        name: "Tokyo",
    },
    Region {
        code: "ap-northeast-3",
        name: "Osaka",
    },
    Region {
        code: "ap-northeast-2",
        name: "Seoul",
    },
    Region {
        code: "ap-southeast-1",
        name: "Singapore",
    },
    Region {
        code: "ap-southeast-2",
        name: "Sydney",
    },
    Region {
        code: "ap-southeast-3",
        name: "Jakarta",
    },
    Region {
        code: "ap-southeast-4",
        name: "Melbourne",
    },
    Region {
        code: "ap-southeast-5",
        name: "Malaysia",
    },
    Region {
        code: "ap-southeast-6",
        name: "New Zealand",
    },
    Region {
        code: "ap-southeast-7",
        name: "Thailand",
    },
    Region {
        code: "ap-east-1",
        name: "Hong Kong",
    },
    Region {
        code: "ap-east-2",
        name: "Taipei",
    },
    Region {
        code: "ap-south-1",
        name: "Mumbai",
    },
    Region {
        code: "ap-south-2",
        name: "Hyderabad",
    },
    Region {
        code: "us-east-1",
        name: "N. Virginia",
    },
    Region {
        code: "us-east-2",
        name: "Ohio",
    },
    Region {
        code: "us-west-1",
        name: "N. California",
    },
    Region {
        code: "us-west-2",
        name: "Oregon",
    },
    Region {
        code: "ca-central-1",
        name: "Canada Central",
    },
    Region {
        code: "ca-west-1",
        name: "Calgary",
    },
    Region {
        code: "mx-central-1",
        name: "Mexico Central",
    },
    Region {
        code: "sa-east-1",
        name: "São Paulo",
    },
    Region {
        code: "eu-central-1",
        name: "Frankfurt",
    },
    Region {
        code: "eu-central-2",
        name: "Zurich",
    },
    Region {
        code: "eu-west-1",
        name: "Ireland",
    },
    Region {
        code: "eu-west-2",
        name: "London",
    },
    Region {
        code: "eu-west-3",
        name: "Paris",
    },
    Region {
        code: "eu-north-1",
        name: "Stockholm",
    },
    Region {
        code: "eu-south-1",
        name: "Milan",
    },
    Region {
        code: "eu-south-2",
        name: "Spain",
    },
    Region {
        code: "il-central-1",
        name: "Tel Aviv",
    },
    Region {
        code: "me-central-1",
        name: "UAE",
    },
    Region {
        code: "me-south-1",
        name: "Bahrain",
    },
    Region {
        code: "af-south-1",
        name: "Cape Town",
    },
];

/// The region of that code.
pub fn find(code: &str) -> Option<Region> {
    REGIONS.into_iter().find(|region| region.code == code)
}
