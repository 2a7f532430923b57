"""What can be chosen by name, and the breeds of the stand-in checkpoint. Imports no PyTorch, so that a wrong variable is reported at once."""

WIDTHS = {"catnet-small": 16, "catnet-base": 32}
"""Architectures by name, with the number of channels of their first layer."""

_BREEDS = """
Abyssinian, American Bobtail, American Curl, American Shorthair, American Wirehair, Applehead Siamese, Balinese, Bengal, Birman, Bombay,
British Shorthair, Burmese, Burmilla, Calico, Canadian Hairless, Chartreux, Chausie, Chinchilla, Cornish Rex, Cymric, Devon Rex,
Dilute Calico, Dilute Tortoiseshell, Domestic Long Hair, Domestic Medium Hair, Domestic Short Hair, Egyptian Mau, Exotic Shorthair,
Hemingway Polydactyl, Havana, Himalayan, Japanese Bobtail, Javanese, Korat, LaPerm, Maine Coon, Manx, Munchkin, Nebelung,
Norwegian Forest Cat, Ocicat, Oriental Long Hair, Oriental Short Hair, Oriental Tabby, Persian, Pixiebob, Ragamuffin, Ragdoll,
Russian Blue, Scottish Fold, Selkirk Rex, Siamese, Siberian, Silver, Singapura, Snowshoe, Somali, Sphynx, Tabby, Tiger, Tonkinese,
Torbie, Tortoiseshell, Turkish Angora, Turkish Van, Tuxedo, York Chocolate
"""
BREEDS = [name.strip() for name in _BREEDS.split(",")]


def class_names(count: int) -> list[str]:
    """Names for `count` classes: breeds, then numbers where there are more classes than breeds."""
    names = BREEDS[:count]
    return names + [f"class-{index}" for index in range(len(names), count)]
