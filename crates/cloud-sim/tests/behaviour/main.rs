//! What the practice account does, under a clock that the tests turn.

#[cfg(test)]
mod deleting;
#[cfg(test)]
mod deployments;
#[cfg(test)]
mod ground;
#[cfg(test)]
mod health;
#[cfg(test)]
mod processes;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod stack;
#[cfg(test)]
mod starting;
#[cfg(test)]
mod visiting;
