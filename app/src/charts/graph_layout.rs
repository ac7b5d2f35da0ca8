//! Where the boxes of a graph stand: layers by the longest way, order within a layer by the neighbours' middle, and
//! bends where an edge passes a layer. Pure; knows nothing of text or colour.

use std::collections::HashMap;

/// A box or a bend in its layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spot {
    /// Layer from the left.
    pub(super) layer: usize,
    /// Place from the top, in rows; layers with fewer places are centred.
    pub(super) row: f64,
}

/// An edge with the places that it passes, both ends included.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Edge {
    /// Index of the box it leaves.
    pub(super) from: usize,
    /// Index of the box it enters.
    pub(super) to: usize,
    /// Every place from `from` to `to`, one per layer.
    pub(super) way: Vec<Spot>,
}

/// A whole layout.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Layout {
    /// The place of every box, by index.
    pub(super) spots: Vec<Spot>,
    /// Every edge.
    pub(super) edges: Vec<Edge>,
    /// How many layers.
    pub(super) layers: usize,
    /// How many rows the tallest layer has.
    pub(super) rows: usize,
}

/// Lays out boxes by what each waits for (indices of other boxes). An edge that would close a circle is left out: plans
/// have none, and a chart must not hang on a broken one. An edge that a longer way already says is left out too.
pub(super) fn layout(after: &[Vec<usize>]) -> Layout {
    let count = after.len();
    let layer = layers(after);
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (to, befores) in after.iter().enumerate() {
        for &from in befores {
            if from < count
                && layer[from] < layer[to]
                && !pairs.contains(&(from, to))
                && !said_by_others(after, from, to)
            {
                pairs.push((from, to));
            }
        }
    }

    // Boxes first, then a bend per layer that an edge passes.
    let mut at_layer = layer.clone();
    let mut chains: Vec<Vec<usize>> = Vec::with_capacity(pairs.len());
    for &(from, to) in &pairs {
        let mut chain = vec![from];
        for passed in layer[from] + 1..layer[to] {
            chain.push(at_layer.len());
            at_layer.push(passed);
        }
        chain.push(to);
        chains.push(chain);
    }

    let depth = at_layer.iter().max().map_or(0, |deepest| deepest + 1);
    let mut columns: Vec<Vec<usize>> = vec![Vec::new(); depth];
    for (vertex, &layer) in at_layer.iter().enumerate() {
        columns[layer].push(vertex);
    }
    let mut before: Vec<Vec<usize>> = vec![Vec::new(); at_layer.len()];
    let mut behind: Vec<Vec<usize>> = vec![Vec::new(); at_layer.len()];
    for pair in chains.iter().flat_map(|chain| chain.windows(2)) {
        before[pair[1]].push(pair[0]);
        behind[pair[0]].push(pair[1]);
    }
    for _ in 0..4 {
        for column in 1..depth {
            settle(&mut columns, column, column - 1, &before);
        }
        for column in (0..depth.saturating_sub(1)).rev() {
            settle(&mut columns, column, column + 1, &behind);
        }
    }

    let rows = columns.iter().map(Vec::len).max().unwrap_or(0);
    let mut spots = vec![Spot { layer: 0, row: 0.0 }; at_layer.len()];
    for (layer, column) in columns.iter().enumerate() {
        let top = (rows - column.len()) as f64 / 2.0;
        for (place, &vertex) in column.iter().enumerate() {
            spots[vertex] = Spot {
                layer,
                row: top + place as f64,
            };
        }
    }
    let edges = pairs
        .into_iter()
        .zip(chains)
        .map(|((from, to), chain)| Edge {
            from,
            to,
            way: chain.into_iter().map(|vertex| spots[vertex]).collect(),
        })
        .collect();
    spots.truncate(count);
    Layout {
        spots,
        edges,
        layers: depth,
        rows,
    }
}

/// The length of the longest way to each box.
fn layers(after: &[Vec<usize>]) -> Vec<usize> {
    fn depth(vertex: usize, after: &[Vec<usize>], known: &mut [Option<usize>], open: &mut [bool]) -> usize {
        if let Some(depth) = known[vertex] {
            return depth;
        }
        open[vertex] = true;
        let mut deepest = 0;
        for &from in &after[vertex] {
            if from < after.len() && !open[from] {
                deepest = deepest.max(depth(from, after, known, open) + 1);
            }
        }
        open[vertex] = false;
        known[vertex] = Some(deepest);
        deepest
    }
    let mut known = vec![None; after.len()];
    let mut open = vec![false; after.len()];
    (0..after.len())
        .map(|vertex| depth(vertex, after, &mut known, &mut open))
        .collect()
}

/// Whether `to` waits for `from` through another box anyway.
fn said_by_others(after: &[Vec<usize>], from: usize, to: usize) -> bool {
    let mut seen = vec![false; after.len()];
    let mut open: Vec<usize> = after[to].iter().copied().filter(|&other| other != from).collect();
    while let Some(vertex) = open.pop() {
        if vertex == from {
            return true;
        }
        if vertex < after.len() && !seen[vertex] {
            seen[vertex] = true;
            open.extend(&after[vertex]);
        }
    }
    false
}

/// Sorts a column by the middle of its neighbours in the fixed one; what has none keeps its place.
fn settle(columns: &mut [Vec<usize>], column: usize, fixed: usize, neighbours: &[Vec<usize>]) {
    let place: HashMap<usize, usize> = columns[fixed]
        .iter()
        .enumerate()
        .map(|(place, &vertex)| (vertex, place))
        .collect();
    let mut keyed: Vec<(f64, usize)> = columns[column]
        .iter()
        .enumerate()
        .map(|(now, &vertex)| {
            let near: Vec<usize> = neighbours[vertex]
                .iter()
                .filter_map(|other| place.get(other).copied())
                .collect();
            let middle = if near.is_empty() {
                now as f64
            } else {
                near.iter().sum::<usize>() as f64 / near.len() as f64
            };
            (middle, vertex)
        })
        .collect();
    keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
    columns[column] = keyed.into_iter().map(|(_, vertex)| vertex).collect();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_stands_right_of_everything_it_waits_for() {
        // 0 → 1 → 3, 0 → 2 → 3, 0 → 3
        let layout = layout(&[vec![], vec![0], vec![0], vec![1, 2, 0]]);
        assert_eq!(
            layout.spots.iter().map(|spot| spot.layer).collect::<Vec<_>>(),
            [0, 1, 1, 2]
        );
        assert_eq!((layout.layers, layout.rows), (3, 2));
        for edge in &layout.edges {
            assert!(edge.way.windows(2).all(|pair| pair[0].layer + 1 == pair[1].layer));
        }
    }

    #[test]
    fn an_edge_that_others_say_is_not_drawn() {
        let layout = layout(&[vec![], vec![0], vec![1, 0]]);
        assert_eq!(layout.edges.len(), 2);
        assert!(!layout.edges.iter().any(|edge| (edge.from, edge.to) == (0, 2)));
    }

    #[test]
    fn a_long_edge_bends_in_every_layer_it_passes() {
        // 0 → 1 → 2 → 4, 3 → 4
        let layout = layout(&[vec![], vec![0], vec![1], vec![], vec![2, 3]]);
        let long = layout.edges.iter().find(|edge| edge.from == 3).unwrap();
        assert_eq!(long.way.len(), 4);
    }

    #[test]
    fn places_in_a_layer_never_coincide() {
        let layout = layout(&[
            vec![],
            vec![],
            vec![0],
            vec![1],
            vec![0, 1],
            vec![2, 3, 4],
            vec![0],
        ]);
        for (index, a) in layout.spots.iter().enumerate() {
            assert!(
                layout.spots[index + 1..].iter().all(|b| a != b),
                "{:?}",
                layout.spots
            );
        }
    }

    #[test]
    fn crossings_are_undone_when_they_can_be() {
        // 0 and 1 feed 3 and 2: drawn straight, not crossed.
        let layout = layout(&[vec![], vec![], vec![1], vec![0]]);
        assert!(layout.spots[3].row < layout.spots[2].row);
    }

    #[test]
    fn a_circle_does_not_hang_the_page() {
        let layout = layout(&[vec![1], vec![0], vec![7]]);
        assert_eq!(layout.spots.len(), 3);
        assert!(layout.edges.len() <= 1);
    }

    #[test]
    fn nothing_is_laid_out_as_nothing() {
        assert_eq!(layout(&[]), Layout::default());
    }
}
