//! What can be compared at all, found on raw results before any prior: which players a chain of games links, and who has
//! scored against whom through a chain (Ford, American Mathematical Monthly 64, 1957).
//!
//! A Bradley-Terry fit is finite exactly within a set of players in which each has scored against each other through some
//! chain. A player who only ever won is above such a set without an upper bound.

use serde::{Deserialize, Serialize};

use crate::rating::counts::Counts;

/// How a player stands to the core of its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Of the core: bounded on both ends.
    Within,
    /// Nobody of the core ever scored against it, even through others: no upper bound.
    Above,
    /// It never scored against the core, even through others: no lower bound.
    Below,
    /// Neither: no bound at all.
    Apart,
}

/// Groups, cores and how everybody stands to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connectivity {
    /// Players that a chain of games links, the lowest number first in each; the groups by their first player.
    pub groups: Vec<Vec<u32>>,
    /// The number of each player's group.
    pub group_of: Vec<u32>,
    /// Sets in which each scored against each other through some chain, whoever scored against others first.
    pub strong: Vec<Vec<u32>>,
    /// The number of each player's strong set.
    pub strong_of: Vec<u32>,
    /// The core of each group: its largest strong set, of at least two players; of equal ones the one with more weight.
    pub cores: Vec<Option<u32>>,
    pub standing: Vec<Standing>,
}

impl Connectivity {
    #[must_use]
    pub fn of(counts: &Counts) -> Connectivity {
        let links = Links::of(counts);
        let (strong, strong_of) = strong_sets(&links.scored);
        let (groups, group_of) = groups(counts);
        let cores = cores(counts, &groups, &strong, &strong_of);
        let standing = standing(&links, &groups, &cores, &strong);
        Connectivity { groups, group_of, strong, strong_of, cores, standing }
    }

    /// Whether all players are of one core, so that every comparison is bounded.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.strong.len() == 1 && self.cores.first().is_some_and(Option::is_some)
    }

    /// Players that are not bounded on both ends.
    pub fn separated(&self) -> impl Iterator<Item = u32> {
        let players = self.standing.iter().enumerate();
        players.filter(|(_, standing)| **standing != Standing::Within).map(|(player, _)| player as u32)
    }
}

/// Who follows whom, as one list with places in it.
pub(in crate::rating) struct Arrows {
    starts: Vec<usize>,
    ends: Vec<u32>,
}

impl Arrows {
    pub(in crate::rating) fn of(players: usize, pairs: &[(u32, u32)]) -> Arrows {
        let mut starts = vec![0; players + 1];
        for (from, _) in pairs {
            starts[*from as usize + 1] += 1;
        }
        for player in 0..players {
            starts[player + 1] += starts[player];
        }
        let mut next = starts.clone();
        let mut ends = vec![0; pairs.len()];
        for (from, to) in pairs {
            ends[next[*from as usize]] = *to;
            next[*from as usize] += 1;
        }
        Arrows { starts, ends }
    }

    pub(in crate::rating) fn from(&self, player: u32) -> &[u32] {
        &self.ends[self.starts[player as usize]..self.starts[player as usize + 1]]
    }

    pub(in crate::rating) fn players(&self) -> usize {
        self.starts.len() - 1
    }

    /// Everybody that arrows lead to from some players, themselves too.
    fn reached(&self, from: &[u32]) -> Vec<bool> {
        let mut reached = vec![false; self.players()];
        let mut waiting = from.to_vec();
        from.iter().for_each(|player| reached[*player as usize] = true);
        while let Some(player) = waiting.pop() {
            for next in self.from(player) {
                if !std::mem::replace(&mut reached[*next as usize], true) {
                    waiting.push(*next);
                }
            }
        }
        reached
    }
}

/// Who scored against whom, and the other way round.
struct Links {
    scored: Arrows,
    conceded: Arrows,
}

impl Links {
    fn of(counts: &Counts) -> Links {
        let mut pairs = Vec::with_capacity(2 * counts.cells().len());
        for cell in counts.cells() {
            if cell.wins + cell.ties > 0.0 {
                pairs.push((cell.first, cell.second));
            }
            if cell.losses + cell.ties > 0.0 {
                pairs.push((cell.second, cell.first));
            }
        }
        let scored = Arrows::of(counts.players(), &pairs);
        pairs.iter_mut().for_each(|(from, to)| std::mem::swap(from, to));
        Links { scored, conceded: Arrows::of(counts.players(), &pairs) }
    }
}

/// Strongly connected sets (Tarjan, SIAM Journal on Computing 1, 1972), without recursion. Arrows between sets lead from
/// earlier ones to later ones. Gives the sets and the set of each player.
pub(in crate::rating) fn strong_sets(arrows: &Arrows) -> (Vec<Vec<u32>>, Vec<u32>) {
    const UNSEEN: u32 = u32::MAX;
    let players = arrows.players();
    let (mut seen_at, mut lowest) = (vec![UNSEEN; players], vec![0u32; players]);
    let mut set_of = vec![UNSEEN; players];
    let (mut path, mut walk): (Vec<u32>, Vec<(u32, usize)>) = (Vec::new(), Vec::new());
    let (mut sets, mut clock): (Vec<Vec<u32>>, u32) = (Vec::new(), 0);
    for root in 0..players as u32 {
        if seen_at[root as usize] != UNSEEN {
            continue;
        }
        walk.push((root, 0));
        while let Some((player, at)) = walk.pop() {
            let own = player as usize;
            if at == 0 {
                (seen_at[own], lowest[own]) = (clock, clock);
                clock += 1;
                path.push(player);
            }
            if let Some(next) = arrows.from(player).get(at).copied() {
                walk.push((player, at + 1));
                if seen_at[next as usize] == UNSEEN {
                    walk.push((next, 0));
                } else if set_of[next as usize] == UNSEEN {
                    lowest[own] = lowest[own].min(seen_at[next as usize]);
                }
                continue;
            }
            if lowest[own] == seen_at[own] {
                let from = path.iter().rposition(|other| *other == player).unwrap_or(0);
                let mut set = path.split_off(from);
                set.iter().for_each(|member| set_of[*member as usize] = sets.len() as u32);
                set.sort_unstable();
                sets.push(set);
            }
            if let Some((before, _)) = walk.last() {
                lowest[*before as usize] = lowest[*before as usize].min(lowest[own]);
            }
        }
    }
    let last = sets.len() as u32;
    set_of.iter_mut().for_each(|set| *set = last - 1 - *set);
    sets.reverse();
    (sets, set_of)
}

fn groups(counts: &Counts) -> (Vec<Vec<u32>>, Vec<u32>) {
    let mut parent: Vec<u32> = (0..counts.players() as u32).collect();
    fn root(parent: &mut [u32], mut player: u32) -> u32 {
        while parent[player as usize] != player {
            parent[player as usize] = parent[parent[player as usize] as usize];
            player = parent[player as usize];
        }
        player
    }
    for cell in counts.cells().iter().filter(|cell| cell.weight() > 0.0) {
        let (one, other) = (root(&mut parent, cell.first), root(&mut parent, cell.second));
        parent[one.max(other) as usize] = one.min(other);
    }
    let mut groups: Vec<Vec<u32>> = Vec::new();
    let mut group_of = vec![0; counts.players()];
    for player in 0..counts.players() as u32 {
        // The root is the lowest number of its group, so its group is there already.
        let root = root(&mut parent, player);
        if root == player {
            group_of[player as usize] = groups.len() as u32;
            groups.push(vec![player]);
        } else {
            group_of[player as usize] = group_of[root as usize];
            groups[group_of[root as usize] as usize].push(player);
        }
    }
    (groups, group_of)
}

fn cores(counts: &Counts, groups: &[Vec<u32>], strong: &[Vec<u32>], strong_of: &[u32]) -> Vec<Option<u32>> {
    let mut inner = vec![0.0; strong.len()];
    for cell in counts.cells() {
        if strong_of[cell.first as usize] == strong_of[cell.second as usize] {
            inner[strong_of[cell.first as usize] as usize] += cell.weight();
        }
    }
    let core = |group: &Vec<u32>| {
        let sets = group.iter().map(|player| strong_of[*player as usize]);
        let sets = sets.filter(|set| strong[*set as usize].len() > 1);
        let size = |set: u32| (strong[set as usize].len(), inner[set as usize]);
        sets.reduce(|best, set| if size(set) > size(best) { set } else { best })
    };
    groups.iter().map(core).collect()
}

fn standing(links: &Links, groups: &[Vec<u32>], cores: &[Option<u32>], strong: &[Vec<u32>]) -> Vec<Standing> {
    let mut standing = vec![Standing::Apart; links.scored.players()];
    for (group, core) in groups.iter().zip(cores) {
        let Some(core) = core else {
            for player in group {
                let (scored, conceded) = (links.scored.from(*player), links.conceded.from(*player));
                standing[*player as usize] = match (scored.is_empty(), conceded.is_empty()) {
                    (false, true) => Standing::Above,
                    (true, false) => Standing::Below,
                    _ => Standing::Apart,
                };
            }
            continue;
        };
        let core = &strong[*core as usize];
        let (below, above) = (links.scored.reached(core), links.conceded.reached(core));
        for player in group {
            standing[*player as usize] = match (above[*player as usize], below[*player as usize]) {
                (true, true) => Standing::Within,
                (true, false) => Standing::Above,
                (false, true) => Standing::Below,
                (false, false) => Standing::Apart,
            };
        }
    }
    standing
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rating::results::{Battle, Winner};

    fn connectivity(players: usize, battles: &[(u32, u32, Winner)]) -> Connectivity {
        let battles: Vec<Battle> =
            battles.iter().map(|(one, other, winner)| Battle::new(*one, *other, *winner)).collect();
        Connectivity::of(&Counts::of_battles(players, &battles))
    }

    #[test]
    fn a_circle_is_one_core_and_its_conqueror_stands_above() {
        use Winner::First;
        let found = connectivity(5, &[(0, 1, First), (1, 2, First), (2, 0, First), (3, 1, First), (2, 4, First)]);
        assert_eq!(found.groups, [[0, 1, 2, 3, 4]]);
        assert_eq!(found.strong, [vec![3], vec![0, 1, 2], vec![4]]);
        use Standing::{Above, Below, Within};
        assert_eq!(found.standing, [Within, Within, Within, Above, Below]);
        assert_eq!(found.separated().collect::<Vec<_>>(), [3, 4]);
        assert!(!found.is_whole());
    }

    #[test]
    fn a_tie_bounds_both_and_groups_keep_their_own_core() {
        use Winner::{First, Tie};
        let found = connectivity(5, &[(0, 1, Tie), (2, 3, Tie)]);
        assert_eq!(found.groups, [vec![0, 1], vec![2, 3], vec![4]]);
        assert_eq!(found.cores.iter().filter(|core| core.is_some()).count(), 2);
        assert_eq!(found.standing[4], Standing::Apart);
        let line = connectivity(3, &[(0, 1, First), (1, 2, First)]);
        assert_eq!(line.standing, [Standing::Above, Standing::Apart, Standing::Below]);
        assert_eq!(line.cores, [None]);
    }

    #[test]
    fn a_second_victim_of_the_same_conqueror_cannot_be_compared() {
        use Winner::{First, Tie};
        let found = connectivity(4, &[(0, 1, Tie), (2, 0, First), (2, 3, First)]);
        assert_eq!(found.standing[2], Standing::Above);
        assert_eq!(found.standing[3], Standing::Apart);
    }
}
