//! Fargate's CPU and memory sizes (catalogue B1; Amazon ECS developer guide, "Task CPU and memory").

/// CPU units a task may have.
pub const CPU_CHOICES: [u32; 7] = [256, 512, 1024, 2048, 4096, 8192, 16_384];

/// Memory sizes, in MiB, that go with a number of CPU units; empty for a number that is no choice at all.
pub fn memory_choices(cpu: u32) -> Vec<u32> {
    const GIB: u32 = 1024;
    let (from, to, step) = match cpu {
        256 => return vec![512, 1024, 2048],
        512 => (1, 4, 1),
        1024 => (2, 8, 1),
        2048 => (4, 16, 1),
        4096 => (8, 30, 1),
        8192 => (16, 60, 4),
        16_384 => (32, 120, 8),
        _ => return Vec::new(),
    };
    (from..=to).step_by(step).map(|gib| gib * GIB).collect()
}

/// Whether Fargate offers the pair.
pub fn is_pair(cpu: u32, memory_mib: u32) -> bool {
    memory_choices(cpu).contains(&memory_mib)
}
