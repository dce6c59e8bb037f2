EXAMPLES=("nearer tour",)
def tour() -> None:
    """x"""
