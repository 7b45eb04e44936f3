//! Resamples of results: whole clusters are drawn again, since battles of one cluster may depend on each other.

use rand::{Rng, RngExt};
use rand_distr::{Binomial, Distribution};

use crate::rating::counts::{Cell, Counts, as_counted, cell_of};
use crate::rating::results::{ALONE, Results, Winner};

/// One kind of result of one pair, and how much of it.
#[derive(Clone, Copy)]
struct Entry {
    cell: u32,
    winner: Winner,
    weight: f64,
}

enum Scheme {
    /// All battles are alike: how often each entry is drawn follows a multinomial, which needs no look at single battles.
    Multinomial { battles: u64 },
    /// Where each cluster's entries begin.
    Clusters { starts: Vec<usize> },
}

/// Draws results again, in the shape of their counts.
pub(in crate::rating) struct Resampler<'a> {
    counts: &'a Counts,
    entries: Vec<Entry>,
    scheme: Scheme,
}

/// The battles of each cluster: their places in the results, and where each cluster begins. Those that depend on no other come
/// last, each a cluster of its own.
pub(in crate::rating) fn by_cluster(results: &Results) -> (Vec<u32>, Vec<usize>) {
    let battles = results.battles();
    let cluster = |place: u32| battles[place as usize].cluster;
    let mut order: Vec<u32> = (0..battles.len() as u32).collect();
    if battles.iter().any(|battle| battle.cluster != ALONE) {
        order.sort_by_key(|place| cluster(*place));
    }
    let is_new = |at: usize| at == 0 || cluster(order[at]) == ALONE || cluster(order[at]) != cluster(order[at - 1]);
    let starts = (0..order.len()).filter(|at| is_new(*at)).chain([order.len()]).collect();
    (order, starts)
}

const WINNERS: [Winner; 3] = [Winner::First, Winner::Tie, Winner::Second];

impl<'a> Resampler<'a> {
    /// For results and their counts.
    pub(in crate::rating) fn new(results: &Results, counts: &'a Counts) -> Resampler<'a> {
        let battles = results.battles();
        let plain = counts.columns() == 0 && battles.iter().all(|battle| battle.weight == 1.0);
        if plain && battles.iter().all(|battle| battle.cluster == ALONE) {
            return Resampler::independent(counts);
        }
        let (order, starts) = by_cluster(results);
        if plain && starts.len() == order.len() + 1 {
            return Resampler::independent(counts);
        }
        let entry = |place: &u32| {
            let battle = &battles[*place as usize];
            let (counted, _) = as_counted(battle);
            let cell = if counts.columns() > 0 {
                *place as usize
            } else {
                counts.place(&cell_of(&counted)).unwrap_or_else(|place| place)
            };
            Entry { cell: cell as u32, winner: counted.winner, weight: counted.weight }
        };
        Resampler { counts, entries: order.iter().map(entry).collect(), scheme: Scheme::Clusters { starts } }
    }

    fn independent(counts: &'a Counts) -> Resampler<'a> {
        let mut entries = Vec::new();
        for (cell, sums) in counts.cells().iter().enumerate() {
            for winner in WINNERS {
                let weight = *sums.clone().sums(winner);
                if weight > 0.0 {
                    entries.push(Entry { cell: cell as u32, winner, weight });
                }
            }
        }
        Resampler { counts, entries, scheme: Scheme::Multinomial { battles: counts.battles() } }
    }

    pub(in crate::rating) fn is_clustered(&self) -> bool {
        matches!(self.scheme, Scheme::Clusters { .. })
    }

    /// The number of clusters.
    pub(in crate::rating) fn clusters(&self) -> usize {
        match &self.scheme {
            Scheme::Multinomial { battles } => *battles as usize,
            Scheme::Clusters { starts } => starts.len() - 1,
        }
    }

    /// One resample. Cells that were not drawn are left out.
    pub(in crate::rating) fn draw(&self, random: &mut impl Rng) -> Counts {
        let empty = |cell: &Cell| Cell { battles: 0, wins: 0.0, ties: 0.0, losses: 0.0, ..*cell };
        let mut cells: Vec<Cell> = self.counts.cells().iter().map(empty).collect();
        let mut take = |entry: &Entry, times: u32, weight: f64| {
            let cell = &mut cells[entry.cell as usize];
            cell.battles += times;
            *cell.sums(entry.winner) += weight;
        };
        match &self.scheme {
            Scheme::Multinomial { battles } => {
                let (mut left, mut left_weight) = (*battles, *battles as f64);
                for entry in &self.entries {
                    // The last share may come out a hair above 1.
                    let share = (entry.weight / left_weight).min(1.0);
                    let times = Binomial::new(left, share).map_or(0, |binomial| binomial.sample(random));
                    take(entry, times as u32, times as f64);
                    left -= times;
                    left_weight -= entry.weight;
                }
            }
            Scheme::Clusters { starts } => {
                let clusters = starts.len() - 1;
                let mut times = vec![0u32; clusters];
                (0..clusters).for_each(|_| times[random.random_range(0..clusters)] += 1);
                for (cluster, times) in times.into_iter().enumerate().filter(|(_, times)| *times > 0) {
                    for entry in &self.entries[starts[cluster]..starts[cluster + 1]] {
                        take(entry, times, f64::from(times) * entry.weight);
                    }
                }
            }
        }
        if cells.iter().all(|cell| cell.battles > 0) {
            return self.counts.like(cells, self.counts.all_style().to_vec());
        }
        let kept: Vec<usize> = (0..cells.len()).filter(|cell| cells[*cell].battles > 0).collect();
        let style = kept.iter().flat_map(|cell| self.counts.style_of(*cell)).copied().collect();
        self.counts.like(kept.iter().map(|cell| cells[*cell]).collect(), style)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha12Rng;

    use super::*;
    use crate::rating::results::{Battle, Names};

    #[test]
    fn a_resample_holds_as_many_battles_and_each_pair_its_share_on_average() {
        let names: Names = ["a", "b", "c"].into_iter().collect();
        let mut battles = vec![Battle::new(0, 1, Winner::First); 60];
        battles.extend(vec![Battle::new(2, 1, Winner::Tie); 30]);
        battles.extend(vec![Battle::new(0, 2, Winner::Second); 10]);
        let results = Results::of(names, Names::default(), battles).unwrap();
        let counts = Counts::of(&results);
        let resampler = Resampler::new(&results, &counts);
        let mut random = ChaCha12Rng::seed_from_u64(7);
        let mut wins = 0.0;
        for _ in 0..400 {
            let drawn = resampler.draw(&mut random);
            assert_eq!((drawn.weight(), drawn.battles()), (100.0, 100));
            wins += drawn.cells().iter().map(|cell| cell.wins).sum::<f64>() / 400.0;
        }
        assert!((wins - 60.0).abs() < 1.0, "{wins}");
    }

    #[test]
    fn battles_of_one_cluster_are_drawn_together() {
        let mut results = Results::new(["a", "b"].into_iter().collect(), &[]);
        for cluster in ["x", "y", "z"] {
            let cluster = results.cluster(cluster);
            for winner in [Winner::First, Winner::Second] {
                results.push(Battle { cluster, ..Battle::new(0, 1, winner) }, &[]).unwrap();
            }
        }
        let counts = Counts::of(&results);
        let resampler = Resampler::new(&results, &counts);
        assert_eq!(resampler.clusters(), 3);
        let mut random = ChaCha12Rng::seed_from_u64(1);
        for _ in 0..50 {
            let drawn = resampler.draw(&mut random);
            assert_eq!((drawn.cells()[0].wins, drawn.cells()[0].losses), (3.0, 3.0));
        }
    }
}
