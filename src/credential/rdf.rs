//! From JSON to signed statements (documents.md §9.1, §9.3).
