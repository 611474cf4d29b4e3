"""A sequence whose items are made when they are first used; for crowded scenes."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar, overload

Item = TypeVar("Item")


class LazyItems(Sequence[Item]):
    """A sequence of ``count`` items; ``made`` holds those that exist, by index.

    After ``outdate`` an item is updated by ``renew`` when it is next used.
    """

    def __init__(
        self,
        count: int = 0,
        make: Callable[[int], Item] | None = None,
        renew: Callable[[int, Item], None] | None = None,
    ) -> None:
        self.made: dict[int, Item] = {}
        self._count = count
        self._make, self._renew = make, renew
        self._old: set[int] = set()

    def outdate(self) -> None:
        """Mark all existing items as outdated."""
        self._old.update(self.made)

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Item: ...

    @overload
    def __getitem__(self, index: slice) -> "Sequence[Item]": ...

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        """Return an item, which is made if it does not exist; IndexError as in a list."""
        if isinstance(index, slice):
            return [self[k] for k in range(*index.indices(self._count))]
        number = range(self._count)[index]
        if number not in self.made:
            assert self._make is not None
            self.made[number] = self._make(number)
        elif number in self._old:
            assert self._renew is not None
            self._old.remove(number)
            self._renew(number, self.made[number])
        return self.made[number]

    def __iter__(self) -> Iterator[Item]:
        return (self[k] for k in range(self._count))
