"""Who came back, counted from the file alone."""

from collections import defaultdict


def expected_loyalty(purchases):
    """What ``crm.loyalty.get_loyalty()`` has to say of the purchases."""
    months, counts = defaultdict(set), defaultdict(int)
    for one in purchases:
        months[one.customer].add(12 * one.day.year + one.day.month - 1)
        counts[one.customer] += 1
    latest = max(max(own) for own in months.values())
    cohorts = []
    for first in sorted({min(own) for own in months.values()}):
        members = [who for who, own in months.items() if min(own) == first]
        cohorts.append(
            {
                "date": f"{first // 12}-{first % 12 + 1:02}-01",
                "customers": len(members),
                "repeat_rate": sum(counts[who] > 1 for who in members) / len(members),
                "buyers": [
                    sum(month in months[who] for who in members)
                    for month in range(first, latest + 1)
                ],
            }
        )
    customers = len(months)
    return {
        "cohorts": cohorts,
        "customers": customers,
        "repeat_rate": sum(count > 1 for count in counts.values()) / customers,
        "orders_per_customer": len(purchases) / customers,
    }
