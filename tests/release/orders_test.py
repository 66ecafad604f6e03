"""A few random orders of installing, upgrading, drilling, killing and uninstalling; bench/install_orders.py has many."""
import unittest

from orders import Order
from release_under_test import World

ORDERS, LENGTH, FIRST_SEED = 10, 4, 1


class Orders(unittest.TestCase):
    def test_nothing_is_stuck_and_nothing_is_left(self):
        world = World()
        self.addCleanup(world.close)
        for seed in range(FIRST_SEED, FIRST_SEED + ORDERS):
            order = Order(world, seed)
            try:
                order.run(LENGTH)
            except AssertionError as error:
                raise AssertionError(f"seed {seed}, after {', '.join(order.steps)}: {error}") from error


if __name__ == "__main__":
    unittest.main()
