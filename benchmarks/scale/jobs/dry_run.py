"""What a launch would do, told before: against doing it."""

from ..scene.database import check, check_count
from ..scene.playbooks import (
    CALL,
    E_MAIL,
    SMS,
    entities,
    generate,
    make_campaign,
    make_playbook,
)
from ..stopwatch import Runner, line

ROUNDS = 3


def run(env, size):
    """The dry run of a campaign over the whole base, some times, then its launch."""
    playbook = make_playbook(env, "dry run", CALL, E_MAIL, SMS)
    campaign = make_campaign(env, "dry run", playbook, entities(env, 0, size))
    env.cr.commit()
    product, peer = Runner(env), Runner(env)
    for _round in range(ROUNDS):
        env.transaction.reset()
        with product.round(size):
            told = campaign.dry_run()
            env.cr.commit()
    with peer.round(size):
        generate(campaign)
        env.cr.commit()
    check(told["entering"] == size, f"{told['entering']:,} of {size:,} would enter")
    check_count(
        env,
        told["entering"],
        "SELECT count(*) FROM crm_lead WHERE crm_campaign_id = %s",
        campaign.id,
    )
    return [line("dry_run", size, product, peer)]
