"""A second pair of hands."""

from concurrent.futures import ThreadPoolExecutor


class Lane:
    """Does what it is given, one after the other, while the giver goes on."""

    def __init__(self):
        self.executor = ThreadPoolExecutor(max_workers=1)
        self.tasks = []

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.executor.shutdown(cancel_futures=any(error))
        if not any(error):
            self._raise_failures(self.tasks)

    def do(self, task, *arguments):
        """Do ``task`` later; raise what went wrong with an earlier one."""
        self._raise_failures(self.tasks)
        self.tasks = [task for task in self.tasks if not task.done()]
        self.tasks.append(self.executor.submit(task, *arguments))

    def _raise_failures(self, tasks):
        for task in tasks:
            if task.done():
                task.result()
