"""The terms of an objective against the functions that they are made of."""

from __future__ import annotations

import copy

import pytest
import torch

from opticalzoom.errors import ConfigError, DependencyError, ModelError, ShapeError
from opticalzoom.losses import (
    ADVERSARIAL,
    alignment_loss,
    contextual_bilateral_loss,
    contextual_loss,
    draw_places,
    feature_network,
    image_patches,
)
from opticalzoom.models.base import ZoomOutput
from opticalzoom.training.lightning import ZoomTraining
from opticalzoom.training.objective import Criterion, Objective

LAYERS = {"relu1_2": 1.0, "relu2_2": 0.5}


@pytest.fixture(scope="module")
def network():
    try:
        return feature_network("stlpips-vgg16", list(LAYERS))
    except DependencyError as error:
        pytest.skip(str(error))


def batch(side: int = 36, seed: int = 0) -> tuple[ZoomOutput, torch.Tensor, torch.Tensor]:
    """A result near its target, and a mask that trusts all."""
    generator = torch.Generator().manual_seed(seed)
    target = torch.rand(2, 3, side, side, generator=generator)
    image = (target + 0.2 * torch.rand(2, 3, side, side, generator=generator)).requires_grad_()
    return ZoomOutput(image), target, torch.ones(2, 1, side, side)


def only(term: str, **options: object) -> torch.Tensor:
    """That term of an objective without pixels, at step 3."""
    objective = Objective(pixel=0, **options)
    terms = Criterion(objective)(*batch(), step=3)
    assert terms.keys() == {"pixel", "auxiliary", term}
    assert terms["pixel"] == 0
    return terms[term]


def test_the_default_is_equation_6_to_the_last_bit():
    output, target, trusted = batch()
    trusted[:, :, :9] = 0
    grid = target[..., ::3, ::3]
    aligned = output._replace(aligned=grid + 0.1, mask=torch.ones(2, 1, 12, 12))
    expected = alignment_loss(aligned, target, trusted)
    terms = Criterion(Objective(), "l1", auxiliary=0.25)(aligned, target, trusted)
    assert list(terms) == ["pixel", "auxiliary"]
    assert torch.equal(terms["pixel"], expected[0])
    assert torch.equal(terms["auxiliary"], 0.25 * expected[1])


@pytest.mark.parametrize("distance", ["l1", "l2"])
def test_perceptual(network, distance):
    output, target, _ = batch()
    power = {"l1": 1, "l2": 2}[distance]
    parts = [(a - b).abs().pow(power).mean() for a, b in zip(network(output.image), network(target), strict=True)]
    got = only("perceptual", perceptual=LAYERS, perceptual_distance=distance)
    torch.testing.assert_close(got, parts[0] + 0.5 * parts[1])


def test_contextual_and_bilateral_look_at_the_places_that_the_step_draws(network):
    output, target, _ = batch()
    ours, theirs = network(output.image), network(target)
    for term, loss, number in (
        ("contextual", contextual_loss, {"bandwidth": 0.3}),
        ("cobi_features", contextual_bilateral_loss, {"spatial_weight": 0.3}),
    ):
        for samples in (100, 4096):
            generator = torch.Generator().manual_seed(3)
            parts = [
                loss(a, b, *number.values(), places=draw_places(a, samples, generator))
                for a, b in zip(ours, theirs, strict=True)
            ]
            got = only(term, samples=samples, **{term: LAYERS}, **number)
            torch.testing.assert_close(got, parts[0] + 0.5 * parts[1])


def test_bilateral_of_patches():
    output, target, _ = batch()
    expected = contextual_bilateral_loss(image_patches(output.image, 5), image_patches(target, 5), 0.1)
    torch.testing.assert_close(only("cobi_rgb", cobi_rgb=2.0, patch=5), 2 * expected)


@pytest.mark.parametrize("game", ADVERSARIAL)
def test_adversarial(game):
    output, target, trusted = batch()
    criterion = Criterion(Objective(pixel=0, adversarial=0.5, game=game, norm="none", discriminator=2))
    term = criterion(output, target, trusted)["adversarial"]
    discriminator = criterion.adversary.discriminator
    expected = ADVERSARIAL[game].generator(discriminator(target), discriminator(output.image))
    torch.testing.assert_close(term, 0.5 * expected)


def test_what_is_drawn_depends_on_the_step_alone():
    criterion = Criterion(Objective(pixel=0, cobi_rgb=1, samples=50))
    one, again, other = (criterion(*batch(), step=step)["cobi_rgb"].item() for step in (5, 5, 6))
    assert one == again
    assert one != other


@pytest.mark.parametrize(
    "options",
    [
        {"perceptual": LAYERS},
        {"contextual": {"relu1_2": 1.0}, "samples": 300},
        {"cobi_features": {"relu1_2": 1.0}, "samples": 300},
        {"cobi_rgb": 1.0, "patch": 4},
    ],
    ids=lambda options: next(iter(options)),
)
@pytest.mark.usefixtures("network")
def test_untrusted_pixels_do_not_count(options):
    """Neither what the target shows there nor the result's own pixels away from the border."""
    criterion = Criterion(Objective(**options))
    values, gradients = [], []
    for untrusted in (0.0, 1.0):
        output, target, trusted = batch()
        trusted[..., 18:] = 0
        target[..., 18:] = untrusted
        loss = sum(criterion(output, target, trusted).values())
        loss.backward()
        values.append(loss.item())
        gradients.append(output.image.grad)
    assert values[0] == values[1]
    assert torch.equal(*gradients)
    inside, outside = gradients[0][..., :18].abs().mean(), gradients[0][..., 26:].abs().mean()
    assert outside < 0.02 * inside


def test_the_models_mask_counts_too():
    output, target, trusted = batch()
    mask = torch.ones(2, 1, 12, 12)
    mask[..., 6:] = 0
    criterion = Criterion(Objective(pixel=0, cobi_rgb=1, patch=4))
    masked = output._replace(aligned=target[..., ::3, ::3], mask=mask)
    trusted_half = trusted.clone()
    trusted_half[..., 18:] = 0
    assert torch.equal(
        criterion(masked, target, trusted)["cobi_rgb"], criterion(output, target, trusted_half)["cobi_rgb"]
    )


def test_pretraining_is_the_pixel_distance_alone():
    output, target, trusted = batch()
    criterion = Criterion(Objective(pixel=0.01, cobi_rgb=1, pretraining=0.5, samples=50), "l2")
    before, after = (criterion(output, target, trusted, step, 10) for step in (4, 5))
    assert before.keys() == {"pixel", "auxiliary"}
    assert torch.equal(
        before["pixel"], alignment_loss(output, target, trusted, lambda a, b, m: (a - b).square().mean())[0]
    )
    assert after.keys() == {"pixel", "auxiliary", "cobi_rgb"}
    assert torch.equal(after["pixel"], 0.01 * before["pixel"])


def test_small_patches_are_refused_before_the_pretraining():
    output, target, _ = batch()
    for window, refused in ((None, False), (33, False), (31, True)):
        criterion = Criterion(Objective(adversarial=1, pretraining=0.9, discriminator=2, window=window))
        if refused:
            with pytest.raises(ShapeError, match="at least 32"):
                criterion.teach(output.image, target, 0, 10, rate=1e-3)
        else:
            assert criterion.teach(output.image, target, 0, 10, rate=1e-3) is None


def test_a_window_is_all_that_other_terms_see():
    output, target, trusted = batch()
    criterion = Criterion(Objective(pixel=0, cobi_rgb=1, patch=4, window=12))
    places = set()
    for step in range(5):
        output.image.grad = None
        term = criterion(output, target, trusted, step)["cobi_rgb"]
        term.backward()
        seen = output.image.grad.abs().sum((0, 1)) > 0
        rows, columns = seen.any(1).nonzero().flatten(), seen.any(0).nonzero().flatten()
        assert len(rows) == len(columns) == 12
        part = (..., slice(rows[0], rows[0] + 12), slice(columns[0], columns[0] + 12))
        patches = image_patches(output.image[part], 4), image_patches(target[part], 4)
        torch.testing.assert_close(term, contextual_bilateral_loss(*patches))
        places.add((rows[0].item(), columns[0].item()))
    assert len(places) > 1


@pytest.mark.usefixtures("network")
def test_the_criterions_networks_are_not_the_models():
    module = ZoomTraining(
        "srresnet_lite",
        {"features": 4, "blocks": 1},
        objective=Objective(perceptual=LAYERS, adversarial=1, discriminator=2),
    )
    assert all(name.startswith("model.") for name in module.state_dict())
    assert len(list(module.parameters())) == len(list(module.model.parameters()))
    duplicate = copy.deepcopy(module)
    assert duplicate._criterion is module._criterion
    assert duplicate.model is not module.model


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pixel": -1}, "weight of pixel is -1"),
        ({"perceptual": {"relu1_2": -2}}, "weight of relu1_2 is -2"),
        ({"pixel": 0}, "all weights"),
        ({"pretraining": 1.5}, "pretraining is 1.5"),
        ({"discriminator": 0}, "0 channels"),
        ({"window": 0}, "window is 0"),
    ],
)
def test_what_makes_no_sense_is_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        Objective(**options)


def test_unknown_networks_and_layers_are_refused():
    with pytest.raises(ConfigError, match="feature network is 'vgg'"):
        Criterion(Objective(perceptual={"relu1_2": 1}, network="vgg"))
    with pytest.raises(ModelError, match="relu9_9"):
        Criterion(Objective(perceptual={"relu9_9": 1}))
