//! Light cuts: whether a few people are all that holds two halves of a graph together.
//!
//! Its nodes are groups of two dimensions, the weight of an edge is how many people are in both of its groups. Whoever adds
//! groups of the one dimension and subtracts groups of the other is left with the people on the edges between the groups
//! that he took and those that he did not: with a cut. So where each cut has nobody or `least` people, no such sum isolates
//! fewer. It does not know what a group is, nor what becomes of one (`cells.rs`, `sieve.rs`).
//!
//! No minimum is computed, only whether there is a cut below `least`: nodes that no such cut separates are joined for good,
//! as Nagamochi, Ono and Ibaraki find them. In a maximum adjacency order, a node whose attachment to those before it reaches
//! `least` with an edge is that well connected to the edge's other end. Attachments count no further than `least`, which
//! leaves that true ("Practical Minimum Cut Algorithms", Henzinger and others, 2018).

use std::mem;

use super::queue::Queue;

/// People whom two nodes have in common; there may be several edges between the same two.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    pub(super) ends: [u32; 2],
    pub(super) weight: u32,
}

/// A graph of which more and more nodes are joined.
#[derive(Debug)]
pub(super) struct Graph {
    least: u32,
    /// For each node another one that it is joined with, or itself: the last of the chain stands for all.
    next: Vec<u32>,
    /// What runs between nodes that are not joined, as far as known.
    edges: Vec<Edge>,
    /// Whether what is well connected was joined once already, so that few edges are left.
    scanned: bool,
}

/// The edges by node.
struct Neighbours {
    /// Where those of each node begin.
    starts: Vec<u32>,
    /// The other end, and the weight.
    to: Vec<(u32, u32)>,
}

/// The edges of a table: its rows are the first nodes, its columns those that follow.
pub(super) fn edges(table: &[Vec<u32>]) -> impl Iterator<Item = Edge> + Clone {
    let columns = (0..).skip(table.len());
    (0..).zip(table).flat_map(move |(row, people)| {
        columns.clone().zip(people).map(move |(column, weight)| Edge { ends: [row, column], weight: *weight })
    })
}

impl Graph {
    /// So many nodes, numbered from nought, and the edges between them.
    pub(super) fn new(least: u32, nodes: usize, edges: impl Iterator<Item = Edge>) -> Self {
        let edges = edges.filter(|edge| edge.weight > 0).collect();
        Self { least, next: (0..).take(nodes).collect(), edges, scanned: false }
    }

    /// Makes one node of two. A cut of what results is one of what was, so what was joined before stays well connected.
    pub(super) fn join(&mut self, ends: [u32; 2]) {
        let [one, other] = ends.map(|end| self.stands_for(end));
        self.next[one as usize] = other;
    }

    /// The nodes on one side of a cut of 1 to `least` - 1 people, if there is one. They hang together.
    ///
    /// Each turn of the loop joins nodes, or ends it: of each component, the node that a scan meets last is attached by
    /// all its edges, so either it is joined or it is a light cut by itself.
    pub(super) fn light(&mut self) -> Option<Vec<bool>> {
        loop {
            let ends = self.thinned();
            if ends.is_empty() {
                return None;
            }
            if self.scanned
                && let Some(loose) = loosest(self.least, self.next.len(), &ends)
            {
                return Some((0..).take(self.next.len()).map(|node| self.stands_for(node) == loose).collect());
            }
            self.scan(&ends);
            self.scanned = true;
        }
    }

    /// The edges that cross a light cut.
    pub(super) fn crossing(&self, side: &[bool]) -> impl Iterator<Item = Edge> {
        let crosses = |edge: &&Edge| side[edge.ends[0] as usize] != side[edge.ends[1] as usize];
        self.edges.iter().filter(crosses).copied()
    }

    /// All nodes that hang together with those on the side of a light cut, themselves included.
    pub(super) fn component(&self, side: &[bool]) -> Vec<bool> {
        let mut whole = Self { next: self.next.clone(), edges: Vec::new(), ..*self };
        self.edges.iter().for_each(|edge| whole.join(edge.ends));
        let inside = (0..).zip(side).find(|(_, inside)| **inside).map(|(node, _)| whole.stands_for(node));
        (0..).take(side.len()).map(|node| Some(whole.stands_for(node)) == inside).collect()
    }

    /// Drops the edges inside of joined nodes. Returns the others between what stands for their ends.
    fn thinned(&mut self) -> Vec<Edge> {
        let stands_for: Vec<u32> = (0..).take(self.next.len()).map(|node| self.stands_for(node)).collect();
        let mut between = Vec::with_capacity(self.edges.len());
        self.edges.retain(|edge| {
            let ends = edge.ends.map(|end| stands_for[end as usize]);
            let crosses = ends[0] != ends[1];
            if crosses {
                between.push(Edge { ends, ..*edge });
            }
            crosses
        });
        between
    }

    /// Visits all nodes in a maximum adjacency order and joins those that it shows to be well connected.
    fn scan(&mut self, edges: &[Edge]) {
        let neighbours = Neighbours::of(self.next.len(), edges);
        let mut attachment = vec![0; self.next.len()];
        let mut visited = vec![false; self.next.len()];
        let mut queue = Queue::new(self.least);
        for start in (0..).take(self.next.len()) {
            queue.push(0, start);
            while let Some(node) = queue.pop() {
                if mem::replace(&mut visited[node as usize], true) {
                    continue;
                }
                for &(other, weight) in neighbours.of_node(node).iter().filter(|(other, _)| !visited[*other as usize]) {
                    let attached: &mut u32 = &mut attachment[other as usize];
                    if *attached < self.least {
                        *attached = attached.saturating_add(weight).min(self.least);
                        queue.push(*attached, other);
                    }
                    if *attached == self.least {
                        self.join([node, other]);
                    }
                }
            }
        }
    }

    /// What stands for a node.
    fn stands_for(&mut self, mut node: u32) -> u32 {
        while self.next[node as usize] != node {
            let next = self.next[node as usize];
            self.next[node as usize] = self.next[next as usize];
            node = next;
        }
        node
    }
}

impl Neighbours {
    fn of(nodes: usize, edges: &[Edge]) -> Self {
        let mut starts = vec![0_u32; nodes + 1];
        edges.iter().flat_map(|edge| edge.ends).for_each(|end| starts[end as usize] += 1);
        let mut total = 0;
        for start in &mut starts {
            total += *start;
            *start = total;
        }
        let mut to = vec![(0, 0); edges.len() * 2];
        for edge in edges {
            let [one, other] = edge.ends;
            for (from, end) in [(one, other), (other, one)] {
                starts[from as usize] -= 1;
                to[starts[from as usize] as usize] = (end, edge.weight);
            }
        }
        Self { starts, to }
    }

    fn of_node(&self, node: u32) -> &[(u32, u32)] {
        &self.to[self.starts[node as usize] as usize..self.starts[node as usize + 1] as usize]
    }
}

/// The node that is attached to all others by the fewest people, if those are fewer than `least`.
fn loosest(least: u32, nodes: usize, edges: &[Edge]) -> Option<u32> {
    let mut attachment = vec![0_u32; nodes];
    for (end, weight) in edges.iter().flat_map(|edge| edge.ends.map(|end| (end as usize, edge.weight))) {
        attachment[end] = attachment[end].saturating_add(weight);
    }
    let attached = (0..).zip(attachment).filter(|(_, people)| (1..least).contains(people));
    attached.min_by_key(|(node, people)| (*people, *node)).map(|(node, _)| node)
}

#[cfg(test)]
mod tests;
