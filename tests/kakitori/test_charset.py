import pytest

from kakitori.charset import SMALL_KANA, Charset, code_point, get_charset, jis_code
from kakitori.errors import KakitoriError

ETL9G = get_charset("etl9g")
# Recorded 2026-11-21. Every trained file carries it: if it changes, all of them are misread.
DIGEST = "sha256:e39b6914a1596fc1a14147cf8dbf0d9699260a15863bce7f144d25acdb247070"


def test_etl9g_is_71_hiragana_and_2965_kanji():
    assert len(ETL9G) == 3036
    assert all("ぁ" <= c <= "ん" for c in ETL9G.characters[:71])
    assert all("一" <= c <= "龥" for c in ETL9G.characters[71:])
    assert len(set(ETL9G.characters)) == 3036


def test_etl9g_leaves_out_small_and_obsolete_kana():
    assert not set(SMALL_KANA + "ゐゑ") & set(ETL9G.characters)


def test_classes_are_in_jis_order():
    codes = [ETL9G.jis(i) for i in range(len(ETL9G))]
    assert codes == sorted(codes)
    assert (codes[0], codes[71], codes[-1]) == ("2422", "3021", "4F53")


@pytest.mark.parametrize(("char", "jis", "index"), [("あ", "2422", 0), ("田", "4544", 2080), ("腕", "4F53", 3035)])
def test_known_classes(char, jis, index):
    assert (ETL9G.index(char), ETL9G.jis(index), ETL9G.characters[index]) == (index, jis, char)


@pytest.mark.parametrize(
    ("codec", "wrap"),
    [
        ("iso2022_jp", lambda code: b"\x1b$B" + code + b"\x1b(B"),
        ("euc_jp", lambda code: bytes(byte | 0x80 for byte in code)),
    ],
)
def test_jis_codes_agree_with_pythons_codecs_both_ways(codec, wrap):
    for index, char in enumerate(ETL9G.characters):
        encoded = wrap(bytes.fromhex(ETL9G.jis(index)))
        assert char.encode(codec) == encoded
        assert encoded.decode(codec) == char


@pytest.mark.parametrize("char", ["ｱ", "鷗", "😀", " ", "~"])
def test_characters_beyond_jis_x_0208_have_no_code(char):
    assert jis_code(char) is None


def test_digest_is_the_recorded_one_and_depends_on_order():
    assert ETL9G.digest == DIGEST
    assert Charset("x", ("あ", "い")).digest != Charset("x", ("い", "あ")).digest


def test_limit_takes_the_first_classes():
    assert get_charset("etl9g", 100).characters == ETL9G.characters[:100]


@pytest.mark.parametrize("limit", [0, 1, 3037, -5])
def test_limit_out_of_range_is_refused(limit):
    with pytest.raises(KakitoriError, match=r"--class-limit .* from 2 to the 3,036 classes"):
        get_charset("etl9g", limit)


def test_an_unknown_charset_is_refused_with_the_known_names():
    with pytest.raises(KakitoriError, match=r"Unknown charset 'jis9'.*etl9g"):
        get_charset("jis9")


def test_unknown_character_is_named():
    with pytest.raises(KakitoriError, match="'ん゛' is not one of the 3,036"):
        ETL9G.index("ん゛")


def test_kuzushiji_classes_are_those_of_their_class_maps():
    kmnist, k49 = get_charset("kmnist"), get_charset("k49")
    assert [ord(kmnist.characters[i]) for i in (0, 4, 9)] == [0x304A, 0x306A, 0x3092]
    assert (len(k49), k49.index("ゐ"), k49.index("ん"), k49.characters[48]) == (49, 44, 47, "ゝ")
    assert {kmnist.jis(i) for i in range(10)} <= {k49.jis(i) for i in range(49)}


def test_classes_with_names_have_no_codes_unlike_characters_and_a_digest_of_their_own():
    named = Charset("x", ("ab", "c", "田中"))
    assert [named.jis(i) for i in range(3)] == [None, "2363", None]
    assert [code_point(name) for name in (*named.characters, "𠮷")] == [None, ord("c"), None, 0x20BB7]
    assert named.digest != Charset("x", ("a", "bc", "田中")).digest


@pytest.mark.parametrize("characters", [("あ", "い", "あ"), ("あ", "")])
def test_equal_and_empty_names_are_refused(characters):
    with pytest.raises(KakitoriError, match="a class twice, or one without a name"):
        Charset("x", characters)


def test_etl8g_agrees_with_the_published_codes_of_its_three_files():
    # http://etlcdb.db.aist.go.jp/etlcdb/etln/form_e8b.htm: 320, 320 and 316 categories, with these first and last codes
    charset = get_charset("etl8g")
    assert len(charset) == 75 + 881
    assert [charset.jis(i) for i in (0, 319, 320, 639, 640, 955)] == ["2422", "384D", "384E", "4250", "4253", "4F43"]


def test_etl_all_holds_the_others_and_every_class_has_a_jis_code():
    charset = get_charset("etl-all")
    assert set(ETL9G.characters) | set(get_charset("etl8g").characters) < set(charset.characters)
    assert all(c in charset for c in "０９ＡＺアンヰヱゐゑ゛゜ー￥−")
    codes = [charset.jis(i) for i in range(len(charset))]
    assert codes == sorted(codes)
    assert len(charset) == 3036 + 4 + 2 + 48 + 10 + 26 + 40


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("etl8g", "sha256:d8ef1414ac7c0227b1f766599570ab7164032e22f87c7548653e6bb0735f4c2d"),
        ("etl-all", "sha256:05707b9ec191d2884a218d3f1c3ccc2147d26cfec11d26b59574507935d074fc"),
    ],
)
def test_the_order_of_the_other_etl_charsets_is_frozen(name, digest):
    assert get_charset(name).digest == digest
