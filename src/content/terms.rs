//! What the trade calls a field (documents.md §10.1, §10.2): one table from the places at which documents keep it.

use serde::{Deserialize, Serialize};

macro_rules! terms {
    ($($term:ident $label:literal $places:expr,)*) => {
        /// A field of a bill of lading, whatever the document calls it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum Term {
            $(#[doc = concat!($label, ".")] $term,)*
        }

        impl Term {
            /// In the order in which a bill is read.
            pub const ALL: &[Self] = &[$(Self::$term,)*];

            /// As people call it.
            pub fn label(self) -> &'static str {
                match self {
                    $(Self::$term => $label,)*
                }
            }

            /// Where documents have it: below the subject, without the numbers of list items.
            fn places(self) -> &'static [&'static str] {
                match self {
                    $(Self::$term => &$places,)*
                }
            }
        }
    };
}

terms! {
    BlNumber "B/L number" ["blNumber"],
    Scac "Carrier code (SCAC)" ["scac"],
    Carrier "Carrier" ["carrierName"],
    Shipper "Shipper" ["shipper.name", "shipperName"],
    ShipperStreet "Shipper's street" ["shipper.address.street", "shipperAddressStreet"],
    ShipperCountry "Shipper's country" ["shipper.address.country", "shipperAddressCountry"],
    Consignee "Consignee" ["consignee.name", "consigneeName"],
    ToOrderOf "To order of" ["toOrderOfText", "consignee.toOrderOfText"],
    NotifyParty "Notify party" ["notifyParty.name", "notifyPartyName"],
    Vessel "Vessel" ["vessel"],
    Voyage "Voyage" ["voyageNo"],
    PlaceOfReceipt "Place of receipt" ["placeOfReceipt"],
    PortOfLoading "Port of loading" ["portOfLoading"],
    PortOfDischarge "Port of discharge" ["portOfDischarge"],
    PlaceOfDelivery "Place of delivery" ["placeOfDelivery"],
    Packages "Packages" ["packages[].description", "packages[].packagesDescription", "packages.packagesDescription"],
    Weight "Weight" ["packages[].weight", "packages[].packagesWeight", "packages.packagesWeight"],
    Measurement "Measurement" ["packages[].measurement", "packages[].packagesMeasurement", "packages.packagesMeasurement"],
    Freight "Freight" ["freight"],
    FreightCharges "Freight charges" ["freightCharges"],
    FreightPayableAt "Freight payable at" ["freightPayableAt"],
    OnwardInlandRouting "Onward inland routing" ["onwardInlandRouting"],
    CarrierReceipt "Carrier's receipt" ["carrierReceipt"],
    PlaceOfIssue "Place of issue" ["placeOfIssueBL"],
    DateOfIssue "Date of issue" ["dateOfIssueBL"],
    ShippedOnBoard "Shipped on board" ["shippedOnBoardDate"],
    Originals "Number of originals" ["numberOfOriginalBL"],
    SignedForCarrier "Signed for the carrier" ["signedForCarrierText"],
    TermsOfCarriage "Terms of carriage" ["termsOfCarriage"],
    SignedForTerms "Signed for terms and conditions" ["signForTermsAndCondition"],
}

impl Term {
    /// What stands at this path of a document, if it is a field of a bill.
    pub(super) fn at(path: &str) -> Option<Self> {
        let path = path.strip_prefix("credentialSubject.").unwrap_or(path);
        // No place is longer, and a path may be as long as its document.
        if path.len() > LONGEST {
            return None;
        }
        let is_there = |place: &str| without_numbers(path).eq(place.chars());
        Self::ALL.iter().copied().find(|term| term.places().iter().any(|place| is_there(place)))
    }
}

/// `packages[3].weight` as `packages[].weight`.
fn without_numbers(path: &str) -> impl Iterator<Item = char> + '_ {
    let mut inside = false;
    path.chars().filter(move |character| match character {
        '[' => !std::mem::replace(&mut inside, true),
        ']' => {
            inside = false;
            true
        }
        _ => !inside,
    })
}

const LONGEST: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_leads_to_its_term_alone() {
        for term in Term::ALL {
            for place in term.places() {
                let path = place.replace("[]", "[12]");
                assert_eq!(Term::at(&path), Some(*term), "{path}");
                assert_eq!(Term::at(&format!("credentialSubject.{path}")), Some(*term), "{path}");
                assert!(place.len() + 10 < LONGEST, "{place}");
            }
        }
        for other in
            ["", "blnumber", "blNumber.x", "x.blNumber", "packages.weight", "packages[0]", "packages[0][0].weight"]
        {
            assert_eq!(Term::at(other), None, "{other}");
        }
    }
}
