//! Sums of results over pairs: all that a fit needs of a million battles.

use std::collections::BTreeMap;

use crate::rating::results::{Battle, Proposition, Results, Winner};

/// Up to so many players are counted in a table of all pairs, more in a tree of the pairs that met.
const MOST_IN_TABLE: usize = 400;

/// What a pair did to each other. Between sides the first is the proposition; else it has the lower number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cell {
    pub first: u32,
    pub second: u32,
    /// Whether the first was the proposition; else the sides are not known.
    pub sided: bool,
    pub battles: u32,
    /// Weights of the battles that the first won, tied and lost.
    pub wins: f64,
    pub ties: f64,
    pub losses: f64,
}

impl Cell {
    /// The weight of all battles.
    #[must_use]
    pub fn weight(&self) -> f64 {
        self.wins + self.ties + self.losses
    }

    /// The weight of the first player's score, a tie as half a win.
    #[must_use]
    pub fn score(&self) -> f64 {
        self.wins + self.ties / 2.0
    }

    /// The sums of wins, ties and losses, in this order, to write to.
    pub(in crate::rating) fn sums(&mut self, winner: Winner) -> &mut f64 {
        match winner {
            Winner::First => &mut self.wins,
            Winner::Tie => &mut self.ties,
            Winner::Second => &mut self.losses,
        }
    }
}

/// A battle the way its cell counts it, and whether it had to be turned for that.
#[must_use]
pub(in crate::rating) fn as_counted(battle: &Battle) -> (Battle, bool) {
    let turn = match battle.proposition {
        Proposition::Unknown => battle.first > battle.second,
        Proposition::First => false,
        Proposition::Second => true,
    };
    if turn { (battle.mirrored(), true) } else { (*battle, false) }
}

/// Cells of all pairs that met, or with figures of style a cell for each battle.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    players: usize,
    /// In the order of (first, second, sided), or of the battles.
    cells: Vec<Cell>,
    /// A row of `columns` figures for each cell.
    style: Vec<f64>,
    columns: usize,
}

impl Counts {
    /// Counts results by pairs and leaves their style out.
    #[must_use]
    pub fn of(results: &Results) -> Counts {
        Counts::of_battles(results.players().len(), results.battles())
    }

    /// Counts battles of players that are numbered below `players`.
    #[must_use]
    pub fn of_battles(players: usize, battles: &[Battle]) -> Counts {
        let cells = if players <= MOST_IN_TABLE { in_table(players, battles) } else { in_tree(battles) };
        Counts { players, cells, style: Vec::new(), columns: 0 }
    }

    /// A cell for each battle, with its style. A column is divided by the root of its mean square, so that the coefficients of
    /// different columns can be compared; it is not centred, since mirroring a battle must mirror its style.
    #[must_use]
    pub fn with_style(results: &Results) -> Counts {
        let columns = results.columns().len();
        let mut scale = vec![0.0; columns];
        for row in results.style().chunks_exact(columns.max(1)) {
            scale.iter_mut().zip(row).for_each(|(sum, figure)| *sum += figure * figure);
        }
        let battles = results.battles().len() as f64;
        scale.iter_mut().for_each(|sum| *sum = if *sum > 0.0 { (battles / *sum).sqrt() } else { 0.0 });
        let mut counts = Counts { players: results.players().len(), columns, ..Counts::default() };
        for (index, battle) in results.battles().iter().enumerate() {
            let (counted, turned) = as_counted(battle);
            counts.cells.push(cell_of(&counted));
            let sign = if turned { -1.0 } else { 1.0 };
            let row = &results.style()[index * columns..(index + 1) * columns];
            counts.style.extend(row.iter().zip(&scale).map(|(figure, scale)| sign * figure * scale));
        }
        counts
    }

    /// Takes one more battle in. Its players may be new. Where style is counted, neither is ahead in it.
    pub fn add(&mut self, battle: &Battle) {
        let (counted, _) = as_counted(battle);
        self.players = self.players.max(1 + counted.first.max(counted.second) as usize);
        let new = cell_of(&counted);
        if self.columns > 0 {
            self.cells.push(new);
            self.style.resize(self.style.len() + self.columns, 0.0);
            return;
        }
        match self.place(&new) {
            Ok(place) => {
                self.cells[place].battles += 1;
                *self.cells[place].sums(counted.winner) += counted.weight;
            }
            Err(place) => self.cells.insert(place, new),
        }
    }

    /// Where the cell of a pair is.
    pub(in crate::rating) fn place(&self, cell: &Cell) -> Result<usize, usize> {
        let key = |cell: &Cell| (cell.first, cell.second, cell.sided);
        self.cells.binary_search_by_key(&key(cell), key)
    }

    /// The same pairs with other sums.
    pub(in crate::rating) fn like(&self, cells: Vec<Cell>, style: Vec<f64>) -> Counts {
        Counts { players: self.players, cells, style, columns: self.columns }
    }

    #[must_use]
    pub fn players(&self) -> usize {
        self.players
    }

    #[must_use]
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// The figures of style of a cell, scaled; empty without columns.
    #[must_use]
    pub fn style_of(&self, cell: usize) -> &[f64] {
        &self.style[cell * self.columns..(cell + 1) * self.columns]
    }

    pub(in crate::rating) fn all_style(&self) -> &[f64] {
        &self.style
    }

    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The weight of all battles.
    #[must_use]
    pub fn weight(&self) -> f64 {
        self.cells.iter().map(Cell::weight).sum()
    }

    /// The weight of each player's battles.
    #[must_use]
    pub fn weights(&self) -> Vec<f64> {
        let mut weights = vec![0.0; self.players];
        for cell in &self.cells {
            weights[cell.first as usize] += cell.weight();
            weights[cell.second as usize] += cell.weight();
        }
        weights
    }

    /// The number of battles.
    #[must_use]
    pub fn battles(&self) -> u64 {
        self.cells.iter().map(|cell| u64::from(cell.battles)).sum()
    }
}

pub(in crate::rating) fn cell_of(counted: &Battle) -> Cell {
    let sided = counted.proposition != Proposition::Unknown;
    let mut cell = Cell { first: counted.first, second: counted.second, sided, battles: 1, ..Cell::default() };
    *cell.sums(counted.winner) += counted.weight;
    cell
}

/// Sums of a pair in the order in which its battles name it: wins, ties, losses.
#[derive(Clone, Copy, Default)]
struct Tally {
    sums: [f64; 3],
    battles: u32,
}

impl Tally {
    fn plus_mirrored(self, other: Tally) -> Tally {
        let sums = [0, 1, 2].map(|at| self.sums[at] + other.sums[2 - at]);
        Tally { sums, battles: self.battles + other.battles }
    }
}

fn in_table(players: usize, battles: &[Battle]) -> Vec<Cell> {
    // One plane for each Proposition: turning battles afterwards, by pair, costs the loop over them nothing.
    let plane = players * players;
    let mut table = vec![Tally::default(); 3 * plane];
    let mut used = [false; 3];
    for battle in battles {
        used[battle.proposition as usize] = true;
        let place = battle.proposition as usize * plane + battle.first as usize * players + battle.second as usize;
        let tally = &mut table[place];
        tally.sums[battle.winner as usize] += battle.weight;
        tally.battles += 1;
    }
    let mut cells = Vec::new();
    let at = |proposition: Proposition, first: usize, second: usize| {
        if used[proposition as usize] {
            table[proposition as usize * plane + first * players + second]
        } else {
            Tally::default()
        }
    };
    for first in 0..players {
        for second in 0..players {
            let mut push = |sided: bool, tally: Tally| {
                if tally.battles > 0 {
                    let [wins, ties, losses] = tally.sums;
                    let (first, second, battles) = (first as u32, second as u32, tally.battles);
                    cells.push(Cell { first, second, sided, battles, wins, ties, losses });
                }
            };
            if first < second {
                let turned = at(Proposition::Unknown, second, first);
                push(false, at(Proposition::Unknown, first, second).plus_mirrored(turned));
            }
            push(true, at(Proposition::First, first, second).plus_mirrored(at(Proposition::Second, second, first)));
        }
    }
    cells
}

fn in_tree(battles: &[Battle]) -> Vec<Cell> {
    let mut tree: BTreeMap<(u32, u32, bool), Cell> = BTreeMap::new();
    for battle in battles {
        let (counted, _) = as_counted(battle);
        let new = cell_of(&counted);
        tree.entry((new.first, new.second, new.sided))
            .and_modify(|cell| {
                cell.battles += 1;
                *cell.sums(counted.winner) += counted.weight;
            })
            .or_insert(new);
    }
    tree.into_values().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn battles() -> impl Strategy<Value = Vec<Battle>> {
        let winner = prop_oneof![Just(Winner::First), Just(Winner::Tie), Just(Winner::Second)];
        let sides = prop_oneof![Just(Proposition::Unknown), Just(Proposition::First), Just(Proposition::Second)];
        let battle =
            (0u32..6, 1u32..6, winner, sides, 1u8..4).prop_map(|(first, step, winner, proposition, weight)| {
                let second = (first + step) % 6;
                Battle { proposition, weight: f64::from(weight), ..Battle::new(first, second, winner) }
            });
        proptest::collection::vec(battle, 0..80)
    }

    proptest! {
        #[test]
        fn a_table_a_tree_and_one_by_one_count_the_same(battles in battles()) {
            let table = Counts::of_battles(6, &battles);
            prop_assert_eq!(&table.cells, &in_tree(&battles));
            let mut one_by_one = Counts { players: 6, ..Counts::default() };
            battles.iter().for_each(|battle| one_by_one.add(battle));
            prop_assert_eq!(&table, &one_by_one);
            prop_assert_eq!(table.battles(), battles.len() as u64);
            let weight: f64 = battles.iter().map(|battle| battle.weight).sum();
            prop_assert_eq!(table.weight(), weight);
        }

        #[test]
        fn naming_the_players_the_other_way_round_counts_the_same(battles in battles()) {
            let mirrored: Vec<Battle> = battles.iter().map(|battle| battle.mirrored()).collect();
            prop_assert_eq!(Counts::of_battles(6, &battles), Counts::of_battles(6, &mirrored));
        }
    }
}
