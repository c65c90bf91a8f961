//! The rules of form, each with the code by which a report names it.

use crate::document::BrokenRule;

macro_rules! rules {
    ($($(#[$doc:meta])+ $rule:ident $code:literal,)+) => {
        /// A rule of form that a W3C credential or presentation breaks (documents.md §9.2, §9.5, §9.6).
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum FormRule {
            $($(#[$doc])+ $rule,)+
        }

        impl FormRule {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$rule),+];

            /// As in reports.
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$rule => $code,)+
                }
            }
        }
    };
}

rules! {
    /// There is no `@context`, or nothing in it.
    ContextMissing "context_missing",
    /// `@context` is not a list.
    ContextForm "context_form",
    /// The first context is not that of a data model, or that of another one follows.
    ContextFirst "context_first",
    /// A context is not known by its address, or is written out in the file.
    ContextNotAllowed "context_not_allowed",
    /// `type` is missing or does not say what the file is.
    TypeMissing "type_missing",
    /// `type` is not a text or a list of texts.
    TypeForm "type_form",
    /// There is no `credentialSubject`.
    SubjectMissing "subject_missing",
    /// A subject is not an object.
    SubjectForm "subject_form",
    /// A subject says nothing.
    SubjectEmpty "subject_empty",
    /// The id of a subject is not a URL.
    SubjectId "subject_id",
    /// There is no issuer.
    IssuerMissing "issuer_missing",
    /// The issuer is not exactly one URL, or one object with such an id.
    IssuerForm "issuer_form",
    /// Data model 1.1 needs `issuanceDate`.
    DateMissing "date_missing",
    /// A date is not a date and time with its zone.
    DateForm "date_form",
    /// Several dates where one belongs.
    DateMultiple "date_multiple",
    /// The period ends before it begins.
    DateOrder "date_order",
    /// A date of the other data model.
    DateOtherModel "date_other_model",
    /// There is no proof.
    ProofMissing "proof_missing",
    /// More than one proof.
    ProofMultiple "proof_multiple",
    /// The proof has no type, or is no object.
    ProofType "proof_type",
    /// A data integrity proof without its suite.
    ProofSuite "proof_suite",
    /// The proof names no key.
    ProofMethod "proof_method",
    /// The proof was made for another purpose.
    ProofPurpose "proof_purpose",
    /// `created` or `expires` of the proof is not a date and time with its zone.
    ProofCreated "proof_created",
    /// The proof has no value.
    ProofValue "proof_value",
    /// A member of the proof has a form that it must not have.
    ProofForm "proof_form",
    /// A status of no known type.
    StatusType "status_type",
    /// A transferable record that does not stand alone.
    StatusMixed "status_mixed",
    /// The token id is not 64 hexadecimal digits.
    StatusTokenId "status_token_id",
    /// Not exactly one registry, or not an address.
    StatusRegistry "status_registry",
    /// The chain is not a positive whole number.
    StatusChain "status_chain",
    /// The index is not a whole number in plain digits.
    StatusIndex "status_index",
    /// The list is not named by its URL.
    StatusList "status_list",
    /// The entry does not say what for.
    StatusPurpose "status_purpose",
    /// The entry says how wide it is, and not by a whole number.
    StatusSize "status_size",
    /// A top-level member that the format does not have.
    MemberUnknown "member_unknown",
    /// A member name that begins with `@`, other than the `@context` at the top.
    MemberAt "member_at",
    /// A member name with a colon.
    MemberName "member_name",
    /// A member that must say what it is, and does not.
    MemberNoType "member_no_type",
    /// A member that is not an object where it must be.
    MemberForm "member_form",
    /// The id is not a URL.
    IdForm "id_form",
    /// The id of a schema is not a URL.
    SchemaId "schema_id",
    /// `null`, which says nothing.
    NullValue "null_value",
    /// An empty object or list, which says nothing.
    EmptyValue "empty_value",
    /// The same value twice in one list.
    DuplicateValue "duplicate_value",
    /// A list directly in a list.
    NestedList "nested_list",
    /// A number that is not written in its one form.
    NumberForm "number_form",
    /// Text that some programs take for a blank node.
    BlankNodeText "blank_node_text",
    /// More of something than is looked at.
    TooMany "too_many",
    /// A presentation of data model 1.1.
    PresentationModel "presentation_model",
    /// A presentation without credentials.
    CredentialMissing "credential_missing",
    /// What is presented is not a credential as an object.
    CredentialForm "credential_form",
    /// What is presented is a credential in an envelope.
    CredentialEnveloped "credential_enveloped",
    /// The holder is not a URL.
    HolderForm "holder_form",
}

impl FormRule {
    /// With what is wrong in this file.
    pub(crate) fn broken(self, why: impl Into<String>) -> BrokenRule {
        BrokenRule::Form { rule: self, why: why.into() }
    }
}
