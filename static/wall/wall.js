/**
 * A wall screen: asks for its figures every half minute while somebody can see it, and shows one
 * table after the other. It stands alone, so that any television's browser runs it for weeks.
 */
(function () {
    const REFRESH = 30000;
    const TURN = 12000;
    const wall = document.getElementById("wall");
    const find = (selector) => wall.querySelector(selector);
    const state = { tables: [], shown: 0, seen: null };

    function make(tag, className, text) {
        const element = document.createElement(tag);
        element.className = className;
        element.textContent = text ?? "";
        return element;
    }

    const now = () =>
        new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });

    function showTable() {
        const table = state.tables[state.shown % state.tables.length];
        if (!table) {
            return;
        }
        find(".title").textContent = table.title;
        find(".total b").textContent = table.total;
        const best = Math.max(1, ...table.rows.map(({ points }) => points));
        find(".rows").replaceChildren(
            ...table.rows.map((row) => {
                const item = make("li", `row rank-${row.rank}`);
                const bar = make("span", "bar");
                bar.style.width = `${Math.max(0, (100 * row.points) / best)}%`;
                const change = row.change > 0 ? `▲ ${row.change}` : row.change < 0 ? `▼ ${-row.change}` : "";
                item.append(
                    bar,
                    make("span", "rank", row.rank),
                    make("span", "name", row.name),
                    make("span", `change ${row.change < 0 ? "down" : "up"}`, change),
                    make("b", "points", row.points)
                );
                return item;
            })
        );
        find(".none").hidden = table.total !== 0 || table.rows.some(({ points }) => points);
        find(".dots").replaceChildren(
            ...state.tables.map((_table, number) =>
                make("i", number === state.shown % state.tables.length ? "on" : "")
            )
        );
    }

    function showNewest(newest) {
        find("aside").hidden = !newest.length;
        find(".newest").replaceChildren(
            ...newest.map(({ id, name, points, what }) => {
                const isNew = state.seen !== null && id > state.seen;
                const item = make("li", isNew ? "new" : "");
                item.append(make("b", "", `${name} +${points}`), make("span", "", what));
                return item;
            })
        );
        state.seen = Math.max(state.seen || 0, ...newest.map(({ id }) => id));
    }

    function showLost(isLost) {
        const lost = find(".lost");
        if (isLost && lost.hidden) {
            lost.querySelector("b").textContent = now();
        }
        lost.hidden = !isLost;
        wall.classList.toggle("is-lost", isLost);
    }

    async function refresh() {
        if (document.hidden) {
            return;
        }
        try {
            const response = await fetch(wall.dataset.figures, {
                cache: "no-store",
                redirect: "error",
                signal: AbortSignal.timeout(REFRESH),
            });
            if (response.status === 404) {
                // Revoked: nothing of it stays on the screen.
                state.tables = [];
                find(".rows").replaceChildren();
                showNewest([]);
            }
            if (!response.ok) {
                throw new Error(`${response.status}`);
            }
            const figures = await response.json();
            state.tables = figures.tables;
            showTable();
            showNewest(figures.newest);
            find(".fresh b").textContent = now();
            showLost(false);
        } catch {
            showLost(true);
        }
    }

    /** One request at a time, the next after a pause, whatever came of the last one. */
    let timer;
    async function keepRefreshing() {
        clearTimeout(timer);
        await refresh();
        clearTimeout(timer);
        timer = setTimeout(keepRefreshing, REFRESH);
    }

    find(".whole").addEventListener("click", () => document.documentElement.requestFullscreen?.());
    document.addEventListener("visibilitychange", () => !document.hidden && keepRefreshing());
    window.addEventListener("online", keepRefreshing);
    window.addEventListener("offline", () => showLost(true));
    setInterval(() => {
        state.shown++;
        showTable();
    }, TURN);
    keepRefreshing();
})();
