"""The characters of the ETL databases other than ETL9, in JIS X 0208 code order. Standard library only.

All have their JIS X 0208 form: 0 of ETL1 is ０, JIS 2330.
"""

# ETL8, "Character set": 75 hiragana and the 881 kanji of the list for schools of 1948 (当用漢字別表).
# http://etlcdb.db.aist.go.jp/etlcdb/etln/form_e8b.htm gives the first and the last code of each of its three files,
# 2422-384D, 384E-4250 and 4253-4F43, with 320, 320 and 316 categories: this list agrees with all six.
ETL8_SMALL_KANA = "っゃゅょ"
ETL8_KANJI = (
    "愛悪圧安暗案以位依囲委意易異移胃遺医育一壱印員因引飲院右雨運雲営栄永泳英衛液益駅円園延演遠塩央往応横王黄億屋恩"
    "温音下化仮何価加可夏家科果歌河火花荷課貨過我画芽賀会解回快改械海界絵開階貝外害各拡格確覚角革学楽額活株寒刊勧完"
    "官幹感慣歓漢管観間関館岸眼岩顔願喜器基寄希旗期機帰気汽季紀規記貴起技疑義議客逆久休宮急救求球究級給旧牛去居挙許"
    "漁魚京供競共協境強教橋興鏡業局曲極玉勤均禁近金銀九句区苦具空君訓群軍郡係兄型形敬景系経計軽芸欠決潔結血月件健兼"
    "券建憲検権犬研絹県見険験元原厳減現言限個古固己庫戸故湖五午後語誤護交候光公功効厚口向后孝工幸広康校構港皇耕考航"
    "行講鉱高号合告国穀黒今根混左差査再最妻才採済災祭細菜際在材罪財坂作昨策刷察殺雑三参山散産算蚕賛酸残仕使司史四士"
    "始姉子市師志思指支止死氏私糸紙至視詞詩試資歯事似児字寺持時次治示耳自辞式識七失室質実舎写社者謝車借釈弱主取守手"
    "種酒首受授需収周宗就州修拾秋終習衆週集住十従重宿祝出術述春準純順処初所暑書諸助女序除勝商唱小少承招昭消焼照省称"
    "章証象賞上乗場常情条状植織職色食信心新森深申真神臣親身進人仁図推水数世是制勢性成政整星晴正清生精聖声製西誠青静"
    "税席石積績責赤切接折設節説雪絶舌先千宣専川戦浅線船選銭前善然全祖素組創倉想早争相総草走送像増蔵造側則息測足速俗"
    "属族続卒存孫尊損村他多太打体対帯待態貸退隊代台大第題達谷単炭短団断男談知地池置築竹茶着中忠昼柱注虫著貯丁帳張朝"
    "町腸調長鳥直賃追通低停定底庭弟提程敵的適鉄典天展店転点伝田電徒登都努度土党冬刀島投東湯燈当等答統討頭働動同堂導"
    "童道銅得徳特毒独読届内南難二弐肉日入任認熱年念燃納能農波派破馬拝敗配倍買売博白麦畑八発判半反板版犯飯番否悲比皮"
    "肥費非飛備美鼻必筆百俵標氷票表評病秒品貧不付夫婦富布府父負武部風復幅服福複仏物分奮粉文聞兵平陛米別変編辺返便勉"
    "弁保歩補墓母包報放方法豊暴望貿防北牧本妹毎末万満味未脈民務無名命明盟迷鳴綿面毛木目問門夜野役約薬訳油輸勇友有由"
    "遊夕予余預容曜様洋用葉要陽養欲浴来落利理里陸律率立略流留旅両料良量領力緑林臨輪類令例冷礼歴列練連路労老六録論和"
    "話"
)
# ETL1, ETL3, ETL5 and ETL6 have codes of JIS X 0201. Not all of its 32 + 8 symbols occur in the files, but the pages of
# the database show only some of those that do, so none is left out here.
SYMBOLS = "、。，．・：；？！゛゜｀＾￣＿ー／｜’”（）［］｛｝「」＋−＝＜＞￥＄％＃＆＊＠"
DIGITS = "０１２３４５６７８９"
CAPITALS = "ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ"
# http://etlcdb.db.aist.go.jp/specification-of-etl-1: 51 katakana, of which イ, ウ and エ stand twice. ETL4 has the same
# as hiragana.
KATAKANA = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヰヱヲン"
OLD_HIRAGANA = "ゐゑ"
