# Opens the screen.
run:
    cargo run --release

# The gate.
ci:
    bash .ci/run

# Accepts the screens' snapshots after they were looked at.
snapshots:
    cargo insta review
