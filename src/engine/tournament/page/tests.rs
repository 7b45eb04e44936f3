//! Pages of small tournaments, one of them with hostile names.

use super::*;
